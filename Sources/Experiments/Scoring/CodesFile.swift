import Datasets
package import Disentanglement
import LinearAlgebra

/// A `.npz` file of codes and what is known of the samples, as `bench score` reads it.
package struct CodesFile {
  /// Codes, factors, attributes and the test sample.
  package let input: MetricInput
  /// Size of the vector of each unit, if the codes were vectors and have been reduced.
  package let unitSize: Int?

  /// Reads and checks a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - seed: Seed of the metrics.
  ///   - settings: Parameters of the metrics.
  ///   - split: How codes are split where the file has no test sample.
  /// - Throws: An error whose description names the file, the array and what is wrong with it.
  package init(
    path: String, seed: UInt32, settings: MetricSettings = MetricSettings(),
    split: SplitRule = SplitRule()
  ) throws {
    let archive = try NPZArchive(path: path)
    guard archive.names.contains("codes") else {
      throw DatasetError.missingArray(file: path, array: "codes", found: archive.names)
    }
    do {
      let reader = CodesReader(archive: archive, path: path)
      var codes = try reader.codes("codes")
      let attributes = try reader.attributes()
      let names = try reader.names("factor_names")
      let sizes = try archive.arrayIfPresent("factor_sizes").map { try $0.integers() }
      let factors = try reader.factors("factors", sizes: sizes, names: names)
      var test: LabelledCodes?
      let hasTest = ["test_codes", "test_factors"].map { archive.names.contains($0) }
      guard hasTest[0] == hasTest[1] else {
        throw DatasetError.missingArray(
          file: path, array: hasTest[0] ? "test_factors" : "test_codes", found: archive.names)
      }
      if hasTest[0] {
        let testCodes = try reader.codes("test_codes")
        guard let testFactors = try reader.factors("test_factors", sizes: sizes, names: names)
        else { throw DisentanglementError.empty(array: "test_factors") }
        test = try LabelledCodes(codes: testCodes.codes, factors: testFactors)
      }
      unitSize = codes.unitSize
      if let size = codes.unitSize {
        guard test == nil else {
          throw DatasetError.unsupported(
            file: path, format: "codes",
            reason: "codes of shape [n, units, size] are reduced as a whole, so they cannot come "
              + "with test_codes")
        }
        codes.codes = try CodeAlignment.firstComponents(
          of: codes.codes, unitCount: codes.codes.latentCount / size)
      }
      var scored = try MetricInput(
        codes: codes.codes, factors: factors, attributes: attributes, test: test, seed: seed)
      scored.settings = settings
      scored.split = split
      input = scored
    } catch let error as DisentanglementError {
      throw InvalidCodes(path: path, reason: error)
    }
  }
}

/// Codes that break a rule of the metrics, with the file they came from.
package struct InvalidCodes: Error, CustomStringConvertible {
  package let path: String
  package let reason: DisentanglementError

  package var description: String { "\(path): \(reason)" }
}

/// Reads the arrays of a codes file.
private struct CodesReader {
  let archive: NPZArchive
  let path: String

  /// Codes `[n, d]`, or vectors of units `[n, units, size]`.
  func codes(_ name: String) throws -> (codes: Codes, unitSize: Int?) {
    let array = try archive.array(name)
    guard array.shape.count == 2 || array.shape.count == 3 else {
      throw shapeError(name, array.shape, "[samples, latents]")
    }
    guard !array.shape.contains(0) else { throw DisentanglementError.empty(array: name) }
    let rows = array.shape[0]
    let columns = array.shape.dropFirst().reduce(1, *)
    do {
      let codes: Codes
      switch array.dataType {
      case .float16, .float32:
        codes = try Codes(
          Matrix(rowCount: rows, columnCount: columns, elements: try array.floats()))
      default:
        codes = try Codes(
          Matrix(rowCount: rows, columnCount: columns, elements: try array.doubles()))
      }
      return (codes, array.shape.count == 3 ? array.shape[2] : nil)
    } catch DisentanglementError.notFinite(_, let row, let column) {
      throw DisentanglementError.notFinite(array: name, row: row, column: column)
    }
  }

  /// Class indices `[n, k]`, or `[n]` for one factor; nil if the file has none.
  func factors(_ name: String, sizes: [Int]?, names: [String]?) throws -> Factors? {
    guard let array = try archive.arrayIfPresent(name) else { return nil }
    let columns = try columnCount(array, name, "[samples, factors]")
    return try Factors(
      rows: try array.integers(), factorCount: columns, sizes: sizes, names: names)
  }

  /// Zeros and ones `[n, a]`, or `[n]` for one attribute; nil if the file has none.
  func attributes() throws -> Attributes? {
    guard let array = try archive.arrayIfPresent("attributes") else { return nil }
    let columns = try columnCount(array, "attributes", "[samples, attributes]")
    return try Attributes(
      rows: try array.integers(), attributeCount: columns, names: try names("attribute_names"))
  }

  /// A list of texts; nil if the file has none.
  func names(_ name: String) throws -> [String]? {
    try archive.arrayIfPresent(name)?.texts()
  }

  private func columnCount(_ array: NPYArray, _ name: String, _ expected: String) throws -> Int {
    guard array.shape.count == 1 || array.shape.count == 2 else {
      throw shapeError(name, array.shape, expected)
    }
    let columns = array.shape.count == 2 ? array.shape[1] : 1
    guard array.shape[0] > 0 && columns > 0 else { throw DisentanglementError.empty(array: name) }
    return columns
  }

  private func shapeError(_ name: String, _ shape: [Int], _ expected: String) -> DatasetError {
    .contentMismatch(
      file: path, expected: "'\(name)' of shape \(expected)", found: "shape \(shape)")
  }
}
