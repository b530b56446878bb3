import FoundationEssentials
import Glibc

@main
struct Entry {
    static func main() async {
        // A peer that hangs up must not end the process; a reader of ours that does ends it by the failed write.
        signal(SIGPIPE, SIG_IGN)
        let code = await CommandLineProgram.run(Array(CommandLine.arguments.dropFirst()), in: .process())
        exit(code)
    }
}
