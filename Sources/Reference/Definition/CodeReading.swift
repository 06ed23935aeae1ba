/// A way to read codes of images with a trained later stage, in the place of the model's own.
public struct CodeReading: Sendable {
  /// Its name on the command line.
  public let name: String
  /// One line for the help.
  public let summary: String
  /// Opens it in a run's folder.
  let open: @Sendable (TrainedModel, StageFolders) throws -> any RepresentationModel

  /// Describes a reading.
  ///
  /// - Parameters:
  ///   - name: Its name on the command line.
  ///   - summary: One line for the help.
  ///   - open: Opens the stage of a trained model and gives what encodes.
  public init(
    name: String, summary: String,
    open: @escaping @Sendable (TrainedModel, StageFolders) throws -> any RepresentationModel
  ) {
    self.name = name
    self.summary = summary
    self.open = open
  }
}

extension ModelDefinition {
  /// The ways to read codes that its later stages give.
  public var readings: [CodeReading] { laterStages.flatMap(\.readings) }

  /// The reading of a name.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` that names those there are.
  func reading(named reading: String) throws(TrainingError) -> CodeReading {
    guard let found = readings.first(where: { $0.name == reading }) else {
      throw .badConfiguration(
        what: "codes of \(name)",
        expected: readings.isEmpty
          ? "its own, the only ones"
          : "its own, or \(readings.map(\.name).joined(separator: ", "))",
        found: "'\(reading)'")
    }
    return found
  }
}
