/// A result file or a run folder that cannot be used.
public enum ResultError: Error, Equatable, CustomStringConvertible {
  /// The file is not JSON or YAML.
  case malformed(path: String, reason: String)
  /// A field is missing.
  case missingField(path: String, field: String)
  /// A field has another type or value than it must.
  case invalidField(path: String, field: String, expected: String, found: String)
  /// The file was written by a newer version.
  case unsupportedSchema(path: String, found: Int, supported: Int)
  /// A name of a dataset, model or preset cannot be part of a path.
  case invalidName(String)
  /// A run folder cannot be created or written.
  case cannotUse(folder: String, reason: String)
  /// Another process works in the run folder.
  case busy(folder: String, owner: String)
  /// The runs cannot become a reference.
  case incomplete(reason: String)
  /// Two results of the same run.
  case duplicate(run: String)
  /// No result files under a path.
  case nothingFound(path: String, expected: String)
  /// Runs of several models, or of one with several presets, where a file is about one.
  case notOneModel(found: [String])
  /// Nothing says under which dataset of the Hub results belong.
  case noHubDataset(dataset: String)
  /// No metric has a value in all runs of a model.
  case noValues(model: String)

  /// One sentence that says where, what was expected, what was found, and what to do.
  public var description: String {
    switch self {
    case .malformed(let path, let reason):
      "\(path): cannot be parsed: \(reason). The file is damaged or of another kind."
    case .missingField(let path, let field):
      "\(path): the field '\(field)' is missing; see docs/results.md for the format."
    case .invalidField(let path, let field, let expected, let found):
      "\(path): the field '\(field)' must be \(expected), found \(found)."
    case .unsupportedSchema(let path, let found, let supported):
      "\(path): has schema \(found), this bench reads up to \(supported); update bench."
    case .invalidName(let name):
      "'\(name)' cannot be part of a path: use letters, digits and any of . _ + : = , -"
    case .cannotUse(let folder, let reason):
      "\(folder): cannot be used as a run folder: \(reason). Choose another with --out."
    case .busy(let folder, let owner):
      "\(folder): is in use by \(owner); wait until it ends or choose another folder with --out."
    case .incomplete(let reason):
      "the references were not updated: \(reason)."
    case .duplicate(let run):
      "\(run): there are two results of this run; give only one of the folders or files with it."
    case .nothingFound(let path, let expected):
      "\(path): nothing to read there; expected \(expected)."
    case .notOneModel(let found):
      "a file of evaluation results is about one model, these runs are of "
        + found.joined(separator: ", ") + "; name the folder of one."
    case .noHubDataset(let dataset):
      "the Hub's dataset for \(dataset) is not known; name it with --hub-dataset \(dataset)=OWNER/NAME."
    case .noValues(let model): "no metric of \(model) has a value in all of its runs."
    }
  }
}
