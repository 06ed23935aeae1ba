import Dispatch
import FoundationEssentials
import Synchronization

/// Loops that run on several threads and give the same result on any number of them.
public enum Parallel {
  /// How many threads a loop may use here; 1 inside the body of a parallel loop.
  @TaskLocal public static var threadCount = availableThreadCount

  /// The processors this process may run on.
  public static var availableThreadCount: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Runs `body` for every index in `0..<count`, each exactly once, in no fixed order.
  ///
  /// - Parameters:
  ///   - count: Number of items.
  ///   - body: Called with an item's index; must write only what belongs to that item.
  public static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let workers = min(threadCount, count)
    guard workers > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      $threadCount.withValue(1) {
        while true {
          let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          body(index)
        }
      }
    }
  }

  /// The results of `transform` for every index in `0..<count`, in index order.
  public static func map<Value: Sendable>(
    _ count: Int, _ transform: @Sendable (Int) -> Value
  ) -> [Value] {
    let results = Mutex([Value?](repeating: nil, count: count))
    forEach(count) { index in
      let value = transform(index)
      results.withLock { $0[index] = value }
    }
    return results.withLock { $0 }.compactMap { $0 }
  }

  /// The results of a throwing `transform` in index order; of several errors, the first by index.
  public static func tryMap<Value: Sendable>(
    _ count: Int, _ transform: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    try map(count) { index in Result { try transform(index) } }.map { try $0.get() }
  }
}
