import Reference

extension Trainer {
  /// Trains to the end of the plan, or is interrupted after so many steps, as by a signal.
  func train(stoppingAfter stepCount: Int) throws {
    var count = 0
    do {
      _ = try train {
        count += 1
        return count >= stepCount
      }
    } catch TrainingError.interrupted {}
  }
}
