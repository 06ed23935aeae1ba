import BenchSupport
public import Datasets

/// What keeps an experiment from being run as asked.
public enum ExperimentError: Error, Equatable, CustomStringConvertible {
  /// A run folder belongs to a run with other settings.
  case otherSettings(folder: String, setting: String, found: String, asked: String)
  /// A run folder has a result that was imported, or that is of another system's samples.
  case foreignResult(folder: String)
  /// A run folder's configuration is damaged.
  case unreadableConfiguration(path: String, reason: String)
  /// Some of several runs failed; their messages have been printed.
  case failedRuns(count: Int, total: Int)
  /// There is no factor, attribute or pair of values of that name to move along.
  case unknownDirection(name: String, known: [String])
  /// A model has no such point on its β axis.
  case unknownPoint(name: String, known: [String])
  /// A dataset lacks what a command needs.
  case unsuitableDataset(name: String, reason: String)
  /// A sample is of another size than the dataset's images.
  case otherSize(file: String, found: ImageShape, expected: ImageShape)
  /// A folder of samples has the name of a model that was trained here.
  case otherSystem(name: String, folder: String)
  /// A checkpoint is of another model than the one asked for.
  case otherModel(checkpoint: String, found: String, asked: String)
  /// A checkpoint's run held out another number of images than asked for.
  case otherHeldOut(checkpoint: String, found: Int, asked: Int)
  /// A model cannot be compared with others by what it generates.
  case notComparable(model: String, reason: String)
  /// A time is too short for what has to happen in it.
  case tooFewMinutes(asked: Double, needed: Double)

  /// One sentence: where, what is wrong, and what to do.
  public var description: String {
    switch self {
    case .otherSettings(let folder, let setting, let found, let asked):
      """
      \(folder) holds a run with \(setting) \(found), not \(asked); use another --out folder, or \
      --fresh to replace it.
      """
    case .foreignResult(let folder):
      """
      \(folder) holds a result that was imported or is of another system's samples; use another \
      --out folder, or --fresh to replace it.
      """
    case .unreadableConfiguration(let path, let reason):
      """
      \(path): not the configuration of a run: \(reason); correct it, use another --out folder, or \
      --fresh to replace it.
      """
    case .failedRuns(let count, let total):
      "\(count) of \(total) runs failed; see the messages above."
    case .unknownDirection(let name, let known):
      "--along '\(name)': expected latents, pca, ica or \(known.joined(separator: ", "))."
    case .unknownPoint(let name, let known):
      """
      --point '\(name)': expected a number from 0 to \(known.count - 1), or one of \
      \(known.joined(separator: ", ")).
      """
    case .unsuitableDataset(let name, let reason): "dataset '\(name)': \(reason)."
    case .otherSize(let file, let found, let expected):
      """
      \(file): an image of \(found), the dataset's are \(expected); make the samples of that size, \
      or open the dataset at theirs, as in 'NAME@64'.
      """
    case .otherSystem(let name, let folder):
      "\(folder) holds a run of the model '\(name)'; give the samples another name with --system."
    case .otherModel(let checkpoint, let found, let asked):
      "\(checkpoint): it holds '\(found)', not '\(asked)'; leave out --model, or give another checkpoint."
    case .otherHeldOut(let checkpoint, let found, let asked):
      "\(checkpoint): its stages held out \(found) images, not \(asked); leave out --held-out."
    case .notComparable(let model, let reason):
      "'\(model)' cannot be compared with the other models: \(reason); leave it out."
    case .tooFewMinutes(let asked, let needed):
      """
      --minutes \(asked.fixed(1)) leaves no time for training: sampling and scoring alone take about \
      \(needed.fixed(1)); give more, or ask for fewer --samples.
      """
    }
  }
}
