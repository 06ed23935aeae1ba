import BenchSupport

/// A training run that cannot start or go on.
public enum TrainingError: Error, Equatable, CustomStringConvertible {
  /// No model has this name.
  case unknownModel(name: String, known: [String])
  /// A model, an option or one of its values is unknown or out of range.
  case badConfiguration(what: String, expected: String, found: String)
  /// A checkpoint is missing, damaged or of another run.
  case badCheckpoint(path: String, reason: String)
  /// A term of the loss stopped being a number, or the gradient did (`term` is then `gradient`).
  case diverged(step: Int, term: String, checkpoint: String?)
  /// The model's loss cannot be computed on shares of a batch.
  case notDataParallel(model: String, processCount: Int)
  /// The model's loss cannot be computed on parts of a batch, one after another.
  case notDivisible(model: String, partCount: Int)
  /// Several processes were to train on graphics processors.
  case severalProcesses(onDevice: String)
  /// The training was interrupted; a checkpoint has been written.
  case interrupted(step: Int, checkpoint: String)

  /// One sentence: what, where, and what to do.
  public var description: String {
    switch self {
    case .unknownModel(let name, let known):
      known.contains(name)
        ? "'\(name)' is a group of models; one is asked for here."
        : "there is no model '\(name)'; "
          + suggestion(
            for: name, in: known, option: "--model",
            remedy: "expected one of \(known.joined(separator: ", "))")
    case .badConfiguration(let what, let expected, let found):
      "\(what): expected \(expected), found \(found)."
    case .badCheckpoint(let path, let reason):
      "\(path): not a usable checkpoint: \(reason)."
    case .diverged(let step, let term, let checkpoint):
      """
      \(term == "gradient" ? "The gradient" : "The loss term '\(term)'") was not finite for ten steps in \
      a row, up to step \(step); \
      \(checkpoint.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint before"); \
      try a smaller learning rate.
      """
    case .notDataParallel(let model, let processCount):
      """
      '\(model)' is not data-parallel: its loss depends on the whole batch at once, so \(processCount) \
      processes cannot share it; train it in one process.
      """
    case .notDivisible(let model, let partCount):
      """
      '\(model)' cannot work on a batch in \(partCount) parts: its loss depends on the whole batch at \
      once; leave out --gradient-accumulation, and save memory with a smaller --batch-size.
      """
    case .severalProcesses(let device):
      """
      device '\(device)': several processes take one graphics processor each, by their numbers on \
      their machine; use --device cuda, or --device cpu.
      """
    case .interrupted(let step, let checkpoint):
      "Interrupted at step \(step); the same command line continues from \(checkpoint)."
    }
  }
}
