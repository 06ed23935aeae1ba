import Foundation
import Glibc

/// Does something as soon as a file is there, on a thread of its own.
///
/// A sleeping task wakes seconds late where busy ones keep all threads of the pool; what is to meet
/// another process at work cannot wait that long.
///
/// - Parameters:
///   - path: The file.
///   - action: What to do.
/// - Returns: Whether the file appeared within ten minutes.
package func whenFileAppears(_ path: String, _ action: @escaping @Sendable () -> Void) async -> Bool
{
  await when({ access(path, F_OK) == 0 }, action)
}

/// Waits until a process waits for the lock (`flock`) on a file.
///
/// - Parameter path: The file.
/// - Returns: Whether one did within ten minutes.
package func isLockAwaited(_ path: String) async -> Bool {
  await when(
    {
      var status = stat()
      guard stat(path, &status) == 0,
        let locks = try? String(contentsOfFile: "/proc/locks", encoding: .utf8)
      else { return false }
      return locks.split(separator: "\n").contains {
        $0.contains("->") && $0.contains(":\(status.st_ino) ")
      }
    }, {})
}

/// Waits for a condition of any kind.
///
/// - Parameter condition: What is to become true.
/// - Returns: Whether it did within ten minutes.
package func whenTrue(_ condition: @escaping @Sendable () -> Bool) async -> Bool {
  await when(condition, {})
}

/// Two minutes are too few on a busy machine: what starts the awaited process is itself a task in the pool.
private func when(
  _ condition: @escaping @Sendable () -> Bool, _ action: @escaping @Sendable () -> Void
) async -> Bool {
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      for _ in 0..<300_000 {
        if condition() {
          action()
          return continuation.resume(returning: true)
        }
        usleep(2000)
      }
      continuation.resume(returning: false)
    }
  }
}
