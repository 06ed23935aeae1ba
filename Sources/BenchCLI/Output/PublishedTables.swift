import BenchSupport
import Experiments
import FoundationEssentials
import Results

/// The published numbers that come with the suite.
enum PublishedTables {
  /// The folder with them: `$BENCH_BASELINES`, else ``PublishedTables/baselines``; nil if there is none.
  static var folder: String? {
    let candidates = [
      GlobalOptions.environment("BENCH_BASELINES"), baselines.map { "\($0)/published" },
    ]
    return candidates.compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0) }
  }

  /// The folder `baselines`: in the working folder, among the files installed with the program, or in
  /// the checkout that it was built in; nil if there is none.
  private static var baselines: String? {
    var candidates = ["baselines", "\(ProgramLocation.share)/baselines"]
    var parent = URL(filePath: ProgramLocation.folder)
    for _ in 0..<6 {
      candidates.append(parent.appending(path: "baselines").path)
      parent.deleteLastPathComponent()
    }
    return candidates.first { FileManager.default.fileExists(atPath: "\($0)/published") }
  }

  /// A path as the user means it: one in `baselines` that is not in the working folder is meant among
  /// the files that come with the program.
  static func resolved(_ path: String) -> String {
    let parts = path.split(separator: "/")
    guard !path.hasPrefix("/"), parts.first == "baselines",
      !FileManager.default.fileExists(atPath: path), let baselines
    else { return path }
    return ([baselines] + parts.dropFirst().map(String.init)).joined(separator: "/")
  }

  /// The rows of one dataset.
  ///
  /// - Throws: Errors of the files.
  static func rows(of dataset: String) throws -> [PublishedRow] {
    guard let folder else { return [] }
    return try ResultCollection(paths: [folder]).published.filter {
      DatasetName.family($0.dataset) == DatasetName.family(dataset)
    }
  }
}
