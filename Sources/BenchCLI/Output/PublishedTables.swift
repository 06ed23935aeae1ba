import BenchSupport
import Experiments
import FoundationEssentials
import Results

/// The published numbers that come with the suite.
enum PublishedTables {
  /// The folder with them: `$BENCH_BASELINES`, `baselines/published` in the working folder, or that of
  /// the checkout the program was built in; nil if there is none.
  static var folder: String? {
    let inner = "baselines/published"
    var candidates = [GlobalOptions.environment("BENCH_BASELINES")].compactMap { $0 } + [inner]
    var parent = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    for _ in 0..<6 {
      parent.deleteLastPathComponent()
      candidates.append(parent.appending(path: inner).path)
    }
    return candidates.first { FileManager.default.fileExists(atPath: $0) }
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
