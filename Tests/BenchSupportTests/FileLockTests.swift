import BenchSupport
import Dispatch
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite("File locks") struct FileLockTests {
  /// The exit code of util-linux's `flock` when it tries to take a lock without waiting: 1 if another
  /// process has it.
  private static func attempt(_ path: String) throws -> Int32 {
    try ChildProcess(["flock", "--nonblock", path, "true"]).wait()
  }

  @Test("exclude other processes until they are let go")
  func excludes() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/lock"
    #expect(!FileLock.isTaken(path))
    do {
      let lock = try FileLock(waitingFor: path)
      defer { lock.release() }
      #expect(FileLock.isTaken(path))
      #expect(FileLock.owner(of: path) == "process \(getpid())")
      #expect(try FileLock(ifFree: path) == nil)
      #expect(try Self.attempt(path) == 1)
    }
    #expect(!FileLock.isTaken(path))
    #expect(try Self.attempt(path) == 0)
  }

  /// The holder removes the file while this process waits for it.
  ///
  /// A lock on the removed file would exclude nobody who comes later.
  @Test("are on the file that has the name, also if another process removed it meanwhile")
  func removed() async throws {
    let folder = try TemporaryFolder()
    let (path, held, go) = ("\(folder.path)/lock", "\(folder.path)/held", "\(folder.path)/go")
    let script = "touch '\(held)'; while [ ! -e '\(go)' ]; do sleep 0.01; done; rm '\(path)'"
    let holder = try ChildProcess(["flock", path, "sh", "-c", script])
    #expect(await whenFileAppears(held) {})
    let waiting = Task.detached {
      try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        DispatchQueue.global().async {
          done.resume(
            with: Result {
              let lock = try FileLock(waitingFor: path)
              defer { lock.release(removingFile: true) }
              #expect(try Self.attempt(path) == 1, "another process took the lock as well")
            })
        }
      }
    }
    #expect(await isLockAwaited(path))
    try Data().write(to: URL(filePath: go))
    #expect(holder.wait() == 0)
    try await waiting.value
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("that cannot be made are refused")
  func refused() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/none/lock"
    #expect(throws: FileError.cannotWrite(path: path, reason: "No such file or directory")) {
      _ = try FileLock(waitingFor: path)
    }
  }
}
