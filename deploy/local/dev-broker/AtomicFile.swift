import Glibc

enum AtomicFile {
    /// Readers see either nothing or all of it.
    static func write(_ text: String, to path: String) throws(Failure) {
        let draft = "\(path).\(getpid())"
        guard let file = fopen(draft, "w") else { throw .system(draft) }
        fputs(text, file)
        guard fclose(file) == 0, rename(draft, path) == 0 else {
            let failure = Failure.system(path)
            unlink(draft)
            throw failure
        }
    }
}
