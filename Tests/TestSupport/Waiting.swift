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
/// - Returns: Whether the file appeared within two minutes.
package func whenFileAppears(_ path: String, _ action: @escaping @Sendable () -> Void) async -> Bool
{
  await withCheckedContinuation { continuation in
    Thread.detachNewThread {
      for _ in 0..<60_000 {
        if access(path, F_OK) == 0 {
          action()
          return continuation.resume(returning: true)
        }
        usleep(2000)
      }
      continuation.resume(returning: false)
    }
  }
}
