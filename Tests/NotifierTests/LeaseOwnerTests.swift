import Glibc
import Testing

@testable import notifier

/// Who held a lease, and whether that process has certainly ended.
@Suite struct LeaseOwnerTests {
    private let me = LeaseOwner(name: "a", boot: "b", namespace: "4026531836", pid: 7, start: 100)

    @Test func `what is written is read again, whatever the name`() {
        for name in ["a", "", "host-12", "me@home", "x/y"] {
            let owner = LeaseOwner(name: name, boot: "b-1", namespace: "4026531836", pid: 7, start: 100)
            #expect(LeaseOwner(owner.description) == owner)
        }
    }

    @Test(arguments: ["", "host-12", "host@", "a@b/c/0/1", "a@b/c/-1/1", "a@b/c/1", "a@b/c/1/x", "a@b/c/1/2/3", "a@/c/1/2", "a@b//1/2"])
    func `anything else is no owner whose end could be known`(text: String) {
        #expect(LeaseOwner(text) == nil)
    }

    @Test func `only the same kernel and namespace can tell that a process has ended`() {
        let other = LeaseOwner(name: "z", boot: "b", namespace: "4026531836", pid: 9, start: 50)
        #expect(other.hasEnded(seenFrom: me) { _ in .absent })
        #expect(other.hasEnded(seenFrom: me) { $0 == 9 ? .running(start: 51) : .absent }, "its id was given to another")
        #expect(!other.hasEnded(seenFrom: me) { _ in .running(start: 50) })
        #expect(!other.hasEnded(seenFrom: me) { _ in .hidden })
        for (boot, namespace) in [("c", "4026531836"), ("b", "4026531837"), ("c", "1")] {
            let stranger = LeaseOwner(name: "z", boot: boot, namespace: namespace, pid: 9, start: 50)
            #expect(!stranger.hasEnded(seenFrom: me) { _ in .absent })
        }
    }

    @Test func `this process runs, a child that was killed does not`() throws {
        let current = LeaseOwner.current(name: "me")
        #expect(LeaseOwner(current.description) == current)
        #expect(!current.hasEnded(seenFrom: current, process: LeaseOwner.process))
        var pid = pid_t()
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("100"), nil]
        defer { arguments.forEach { free($0) } }
        let failure = posix_spawnp(&pid, "sleep", nil, nil, &arguments, environ)
        try #require(failure == 0)
        guard case .running(let start) = LeaseOwner.process(pid) else {
            Issue.record("the child does not run")
            return
        }
        let child = LeaseOwner(name: "child", boot: current.boot, namespace: current.namespace, pid: pid, start: start)
        #expect(!child.hasEnded(seenFrom: current, process: LeaseOwner.process))
        kill(pid, SIGSTOP)
        #expect(!child.hasEnded(seenFrom: current, process: LeaseOwner.process), "one that was only stopped may go on")
        kill(pid, SIGKILL)
        var information = siginfo_t()
        waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
        #expect(child.hasEnded(seenFrom: current, process: LeaseOwner.process), "ended, not collected")
        waitpid(pid, nil, 0)
        #expect(child.hasEnded(seenFrom: current, process: LeaseOwner.process))
    }
}
