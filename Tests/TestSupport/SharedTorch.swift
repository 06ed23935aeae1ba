package import Testing

/// Lets one test at a time use what belongs to the whole process in libtorch.
///
/// Suites run side by side; `.serialized` orders only the tests of one suite.
package struct SharedTorchTrait: SuiteTrait, TestTrait, TestScoping {
  package let isRecursive = true

  package func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @Sendable @concurrent () async throws -> Void
  ) async throws {
    // A suite itself waits for its tests and must not hold what they need.
    guard testCase != nil else { return try await function() }
    // libtorch's engine of gradients knows the devices that were there when it was first used.
    _ = try? StandInDevice.shared()
    await Turn.shared.take()
    do {
      try await function()
    } catch {
      await Turn.shared.pass()
      throw error
    }
    await Turn.shared.pass()
  }
}

extension Trait where Self == SharedTorchTrait {
  /// The tests use libtorch's generators or thread count.
  package static var sharingTorch: Self { SharedTorchTrait() }
}

/// A lock that is held across suspension points, first come, first served.
private actor Turn {
  static let shared = Turn()

  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func pass() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
