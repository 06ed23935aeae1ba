import BenchSupport
import Glibc
import Testing

@Suite("Child processes") struct ChildProcessTests {
  @Test("receive signals that the thread which started them blocks")
  func signals() throws {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let child = try ChildProcess(["sleep", "10"])
    child.send(SIGTERM)
    #expect(child.wait() == 128 + SIGTERM)
  }
}
