import Datasets
package import Disentanglement
import FoundationEssentials

/// Codes and what is known of the samples, as `bench score` reads them from one or several files.
package struct CodesFile {
  /// Where each part comes from.
  package struct Parts: Sendable {
    /// The file with the codes: `.npz`, `.npy` or a text table.
    package var path: String
    /// Which array of a `.npz` file the codes are.
    package var codes: String?
    /// A file with the factors, or which array of the codes' file they are.
    package var factors: String?
    /// A file with the attributes, or which array of the codes' file they are.
    package var attributes: String?

    /// Names where each part comes from.
    package init(
      path: String, codes: String? = nil, factors: String? = nil, attributes: String? = nil
    ) {
      self.path = path
      self.codes = codes
      self.factors = factors
      self.attributes = attributes
    }
  }

  /// Codes, factors, attributes and the test sample.
  package let input: MetricInput
  /// Size of the vector of each unit, if the codes were vectors and have been reduced.
  package let unitSize: Int?
  /// What was read otherwise than it stands in the files.
  package let notes: [String]

  /// Reads and checks files.
  ///
  /// - Parameters:
  ///   - parts: The files and arrays.
  ///   - seed: Seed of the metrics.
  ///   - settings: Parameters of the metrics.
  ///   - split: How codes are split where the file has no test sample.
  /// - Throws: An error whose description names the file, the array and what is wrong with it.
  package init(
    _ parts: Parts, seed: UInt32, settings: MetricSettings = MetricSettings(),
    split: SplitRule = SplitRule()
  ) throws {
    do {
      var reader = try CodesReader(parts)
      var codes = try reader.codes()
      let values = try reader.factorValues()
      let testValues = values == nil ? nil : try reader.testValues()
      let test = values == nil ? try reader.test() : nil
      let factors = values == nil ? try reader.factors() : nil
      let attributes = try reader.attributes()
      unitSize = codes.unitSize
      if let size = codes.unitSize {
        guard test == nil, testValues == nil else {
          throw DatasetError.unsupported(
            file: parts.path, format: "codes",
            reason: "codes of shape [n, units, size] are reduced as a whole, so they cannot come "
              + "with test_codes")
        }
        codes.codes = try CodeAlignment.firstComponents(
          of: codes.codes, unitCount: codes.codes.latentCount / size)
      }
      var scored = try MetricInput(
        codes: codes.codes, factors: factors, attributes: attributes, test: test,
        factorValues: values, testValues: testValues, seed: seed)
      scored.settings = settings
      scored.split = split
      input = scored
      notes = reader.notes
    } catch let error as DisentanglementError {
      throw InvalidCodes(path: parts.path, reason: error)
    }
  }
}

/// Codes that break a rule of the metrics, with the file they came from.
package struct InvalidCodes: Error, CustomStringConvertible {
  package let path: String
  package let reason: DisentanglementError

  package var description: String { "\(path): \(reason)" }
}

/// A part of a file of codes, and the names that arrays of it have in files of this suite and others.
package enum CodesRole: Sendable {
  case codes, factors, attributes

  /// The suite's own name, which wins over all others.
  package var name: String { names[0] }

  /// Names in the order in which they are listed: ours, then those of disentanglement_lib, disent, of code that
  /// follows DisDiff, and of dSprites' file.
  package var names: [String] {
    switch self {
    case .codes:
      [
        "codes", "representations", "representation", "mus", "z", "zs", "latents", "latent_codes",
        "mu", "mean", "means", "embeddings",
      ]
    case .factors:
      [
        "factors", "factors_of_variation", "ys", "y", "labels", "targets", "classes",
        "ground_truth_factors", "gt_factors", "latents_classes",
      ]
    case .attributes: ["attributes", "attrs", "attr"]
    }
  }

  /// The part that an array of this name is; nil for a name that says nothing.
  static func known(_ name: String) -> CodesRole? {
    [codes, factors, attributes].first { role in
      [false, true].contains { !role.candidates(in: [name], isTest: $0).isEmpty }
    }
  }

  /// The arrays of a file that may be this part.
  ///
  /// A name with `train` before or behind it, as `mus_train`, is the part itself; one with `test` belongs to the test
  /// sample.
  func candidates(in names: [String], isTest: Bool = false) -> [String] {
    let exact = isTest ? "test_\(name)" : name
    if names.contains(exact) { return [exact] }
    let wanted = self.names.flatMap { name in
      isTest
        ? ["test_\(name)", "\(name)_test"] : [name, "train_\(name)", "\(name)_train"]
    }
    return wanted.filter { names.contains($0) }
  }
}

/// Finds and reads the parts.
private struct CodesReader {
  let parts: CodesFile.Parts
  /// The file of the codes, if it is an archive of arrays.
  private let archive: NPZArchive?
  var notes: [String] = []

  init(_ parts: CodesFile.Parts) throws {
    self.parts = parts
    archive = Self.isArchive(parts.path) ? try NPZArchive(path: parts.path) : nil
  }

  private static func isArchive(_ path: String) -> Bool {
    !isText(path) && !path.lowercased().hasSuffix(".npy")
  }

  private static func isText(_ path: String) -> Bool {
    [".csv", ".tsv", ".txt"].contains { path.lowercased().hasSuffix($0) }
  }

  // MARK: - Parts

  func codes() throws -> (codes: Codes, unitSize: Int?) {
    guard let archive else {
      return try table(in: parts.path, .codes).codes(named: "codes")
    }
    let name = try parts.codes ?? array(.codes, of: archive)
    return try SampleTable(archive.array(name), place: parts.path).codes(named: name)
  }

  /// The codes and factors of a test sample; nil if the file has none.
  mutating func test() throws -> LabelledCodes? {
    guard let archive else { return nil }
    func name(_ role: CodesRole) throws -> String? {
      let found = role.candidates(in: archive.names, isTest: true)
      guard found.count < 2 else {
        throw DatasetError.unsupported(
          file: parts.path, format: "codes",
          reason: "\(found.joined(separator: " and ")) may each be the test sample's \(role.name); "
            + "leave one out")
      }
      return found.first
    }
    let (codes, factors) = (try name(.codes), try name(.factors))
    guard codes != nil || factors != nil else { return nil }
    guard let codes, let factors else {
      throw DatasetError.missingArray(
        file: parts.path, array: codes == nil ? "test_codes" : "test_factors",
        found: archive.names)
    }
    let table = try SampleTable(archive.array(codes), place: parts.path)
    // Numbered apart from the training sample, a class could get another number here.
    let columns = try SampleTable(archive.array(factors), place: parts.path).classes(
      named: factors, columnNames: nil, renumbers: false, notes: &notes)
    return try LabelledCodes(
      codes: table.codes(named: codes).codes,
      factors: Factors(columns: columns, sizes: sizes(), names: names("factor_names")))
  }

  mutating func factors() throws -> Factors? {
    let given = try names("factor_names")
    guard let table = try table(.factors, parts.factors, "--factors") else { return nil }
    let sizes = try sizes()
    let hasTest = archive.map { !CodesRole.factors.candidates(in: $0.names, isTest: true).isEmpty }
    let columns = try table.classes(
      named: "factors", columnNames: given, renumbers: sizes == nil && hasTest != true,
      notes: &notes)
    return try Factors(columns: columns, sizes: sizes, names: given ?? table.columnNames)
  }

  /// The array of continuous factors in the suite's own files.
  private static let valuesName = "factor_values"

  /// The values of continuous factors; nil where the factors have classes or there are none.
  ///
  /// They are an array `factor_values`, or factors of which one hardly has a value twice.
  mutating func factorValues() throws -> FactorValues? {
    let given = try names("factor_names")
    if parts.factors == nil, let archive, archive.names.contains(Self.valuesName) {
      guard CodesRole.factors.candidates(in: archive.names).isEmpty else {
        throw DatasetError.ambiguousArray(
          file: parts.path, role: CodesRole.factors.name,
          found: CodesRole.factors.candidates(in: archive.names) + [Self.valuesName],
          option: "--factors")
      }
      let table = SampleTable(try archive.array(Self.valuesName), place: parts.path)
      return try FactorValues(
        columns: table.values(named: Self.valuesName, columnNames: given), names: given)
    }
    // A file that counts classes has classes.
    guard try sizes() == nil, let table = try table(.factors, parts.factors, "--factors") else {
      return nil
    }
    let (places, count) = try table.continuousColumns(named: "factors")
    guard !places.isEmpty else { return nil }
    let columnNames = given ?? table.columnNames
    var note =
      "factors are continuous: metrics of their values score them, those of classes do not apply"
    if places.count < count {
      let labels = places.map { SampleTable.factorLabel($0, of: columnNames) }
      note += "; that is \(labels.joined(separator: ", ")), without which the others have classes"
    }
    notes.append(note)
    return try FactorValues(
      columns: table.values(named: "factors", columnNames: columnNames), names: columnNames)
  }

  /// The test sample of continuous factors; nil if the file has none.
  mutating func testValues() throws -> ValuedCodes? {
    guard let archive else { return nil }
    let codes = CodesRole.codes.candidates(in: archive.names, isTest: true)
    let own = archive.names.contains("test_\(Self.valuesName)") ? ["test_\(Self.valuesName)"] : []
    let values = own + CodesRole.factors.candidates(in: archive.names, isTest: true)
    guard !(codes.isEmpty && values.isEmpty) else { return nil }
    guard codes.count == 1, values.count == 1 else {
      guard codes.count < 2, values.count < 2 else {
        throw DatasetError.unsupported(
          file: parts.path, format: "codes",
          reason:
            "\((codes.count > 1 ? codes : values).joined(separator: " and ")) may each be of the "
            + "test sample; leave one out")
      }
      throw DatasetError.missingArray(
        file: parts.path, array: codes.isEmpty ? "test_codes" : "test_\(Self.valuesName)",
        found: archive.names)
    }
    let given = try names("factor_names")
    let table = SampleTable(try archive.array(values[0]), place: parts.path)
    return try ValuedCodes(
      codes: SampleTable(archive.array(codes[0]), place: parts.path).codes(named: codes[0]).codes,
      values: FactorValues(
        columns: table.values(named: values[0], columnNames: given), names: given))
  }

  mutating func attributes() throws -> Attributes? {
    let given = try names("attribute_names")
    guard let table = try table(.attributes, parts.attributes, "--attributes") else { return nil }
    return try Attributes(
      columns: table.binaries(named: "attributes", notes: &notes),
      names: given ?? table.columnNames)
  }

  private func sizes() throws -> [Int]? {
    try archive?.arrayIfPresent("factor_sizes").map { try $0.integers() }
  }

  /// A list of names; nil if the file has none.
  ///
  /// One that cannot be read, as of Python's objects, costs only the names.
  private mutating func names(_ name: String) throws -> [String]? {
    do {
      return try archive?.arrayIfPresent(name)?.texts()
    } catch {
      let note = "'\(name)' was left out: \(error)"
      if !notes.contains(note) { notes.append(note) }
      return nil
    }
  }

  // MARK: - Files

  /// The table of a part: a file or an array that was named, else what the codes' file has under a known name.
  private func table(
    _ role: CodesRole, _ choice: String?, _ option: String
  ) throws -> SampleTable? {
    if let choice {
      if FileManager.default.fileExists(atPath: choice) { return try table(in: choice, role) }
      guard let archive, archive.names.contains(choice) else {
        throw DatasetError.cannotRead(
          path: choice,
          reason: "there is no such file"
            + (archive.map {
              ", and \(parts.path) has no such array but \($0.names.joined(separator: ", "))"
            }
              ?? ""))
      }
      return SampleTable(try archive.array(choice), place: "\(parts.path), '\(choice)'")
    }
    guard let archive else { return nil }
    let found = role.candidates(in: archive.names)
    guard found.count < 2 else {
      throw DatasetError.ambiguousArray(
        file: parts.path, role: role.name, found: found, option: option)
    }
    return try found.first.map { SampleTable(try archive.array($0), place: parts.path) }
  }

  /// The one table of a file.
  private func table(in path: String, _ role: CodesRole) throws -> SampleTable {
    if Self.isText(path) { return try SampleTable(textFile: path) }
    guard Self.isArchive(path) else { return SampleTable(try NPYArray(path: path), place: path) }
    let archive = try NPZArchive(path: path)
    return SampleTable(
      try archive.array(array(role, of: archive)), place: path)
  }

  /// The array of an archive that plays a role: one of a known name, else the only one there is.
  private func array(_ role: CodesRole, of archive: NPZArchive) throws -> String {
    let found = role.candidates(in: archive.names)
    guard found.count < 2 else {
      throw DatasetError.ambiguousArray(
        file: archive.path, role: role.name, found: found, option: "--\(role.name)")
    }
    if let name = found.first { return name }
    // A lone array of no known name needs none.
    if archive.names.count == 1, CodesRole.known(archive.names[0]) == nil {
      return archive.names[0]
    }
    throw DatasetError.missingArray(file: archive.path, array: role.name, found: archive.names)
  }
}
