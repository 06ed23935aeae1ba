import BenchSupport
package import Reference
public import Results

/// What a study found.
public struct StudyOutcome: Sendable {
  /// A result for every run that ended well, also for those that were finished before.
  public let results: [RunResult]
  /// How many runs failed; their errors went to ``RunEnvironment/hearFailure``.
  public let failureCount: Int
  /// How many runs the study has.
  public let runCount: Int
  /// The models as they were trained.
  package let models: [ModelSpecification]
  /// The metrics of representations, in the order asked for.
  public let metrics: [String]

  /// - Throws: ``ExperimentError/failedRuns(count:total:)`` if a run failed.
  public func requireAll() throws(ExperimentError) {
    guard failureCount == 0 else { throw .failedRuns(count: failureCount, total: runCount) }
  }
}

extension [ModelRun] {
  /// Does what is not done yet of every run; one that fails is reported, and the others go on.
  ///
  /// - Parameter isFresh: Throws away what the folders hold.
  /// - Returns: The results, and how many runs failed.
  /// - Throws: `Interrupted`.
  func execute(isFresh: Bool) async throws -> (results: [RunResult], failureCount: Int) {
    var results: [RunResult] = []
    var failureCount = 0
    for run in self where !Interruption.isRequested {
      do {
        results.append(try await run.execute(isFresh: isFresh))
      } catch {
        guard !RunEnvironment.isInterruption(error) else { break }
        failureCount += 1
        run.environment.hearFailure(
          "\(run.specification.label) seed \(run.configuration.plan.seed): \(error)")
      }
    }
    if Interruption.isRequested { throw Interrupted() }
    return (results, failureCount)
  }
}
