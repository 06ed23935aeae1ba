public import BenchSupport
import FoundationEssentials

/// A finished run with what its folder holds beside the result.
public struct StudyRun: Sendable, Equatable {
  /// The result.
  public var result: RunResult
  /// The run's folder.
  public var folder: String
  /// The SHA-256 of `result.json`.
  public var checksum: String
  /// Training curves by term, for instance `loss`, against the step.
  public var training: [String: Curve]
  /// Paths of the run's PNG pictures, in the order of their names.
  public var pictures: [String]

  /// Reads every finished run under some folders.
  ///
  /// - Parameters:
  ///   - paths: Folders with runs, or run folders.
  ///   - known: The metrics whose direction and unit are filled in where a record does not say them.
  /// - Returns: The runs, in the order of their folders.
  /// - Throws: `FileError` or ``ResultError``.
  public static func runs(
    in paths: [String], known: MetricVocabulary = MetricVocabulary([])
  ) throws -> [StudyRun] {
    var folders: [RunDirectory] = []
    for path in paths {
      let own = RunDirectory(path: path)
      let found = own.isComplete ? [own] : RunDirectory.complete(under: own.path)
      guard !found.isEmpty else {
        throw ResultError.nothingFound(path: path, expected: "run folders with result.json")
      }
      folders += found
    }
    let runs = try folders.map { try StudyRun(folder: $0, known) }
    var seen: Set<String> = []
    for run in runs where !seen.insert(run.result.name).inserted {
      throw ResultError.duplicate(run: run.result.name)
    }
    return runs
  }

  private init(folder: RunDirectory, _ known: MetricVocabulary) throws {
    self.folder = folder.path
    result = try RunResult(path: folder.resultPath).described(by: known)
    checksum = try Digest.ofFile(folder.resultPath)
    training = TrainingCurves.read(folder.logPath)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.imagesPath)) ?? []
    pictures = names.filter { $0.hasSuffix(".png") }.sorted().map { "\(folder.imagesPath)/\($0)" }
  }
}

/// Curves of a training log: one JSON object per line with a `step` and numbers.
enum TrainingCurves {
  /// The most points of a curve that is shown.
  private static let pointLimit = 300

  /// Reads a log; a missing one gives no curves, damaged lines are passed over.
  ///
  /// Numbers of the line itself and of its object `terms` become curves.
  static func read(_ path: String) -> [String: Curve] {
    guard let data = try? readFile(path) else { return [:] }
    var points: [String: [(step: Double, value: Double)]] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard case .object(let members)? = try? JSONValue(parsing: line),
        let step = members["step"]?.double
      else { continue }
      var numbers = members.filter { $0.key != "step" }
      if case .object(let terms)? = members["terms"] { numbers.merge(terms) { $1 } }
      for (name, value) in numbers {
        if let value = value.double { points[name, default: []].append((step, value)) }
      }
    }
    return points.compactMapValues { points in
      let stride = (points.count + pointLimit - 1) / pointLimit
      let kept = points.enumerated().filter { $0.offset % max(stride, 1) == 0 }.map(\.element)
      guard kept.count > 1 else { return nil }
      return Curve(
        xLabel: "training step", yLabel: "", x: kept.map(\.step), y: kept.map(\.value))
    }
  }
}
