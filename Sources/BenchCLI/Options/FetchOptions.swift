import ArgumentParser
import Datasets

/// Where files are fetched from, and how often it is tried.
struct FetchOptions: ParsableArguments {
  @Option(help: "Take the files from this URL, folder or file instead.")
  var from: String?

  @Option(help: "Tries per location after the first.")
  var retries = 5

  func validate() throws {
    guard (0...1000).contains(retries) else {
      throw ValidationError("--retries is \(retries); it must be 0 to 1000.")
    }
  }

  /// The place that was named instead of the publisher's.
  func mirror() throws -> DatasetEntry.Mirror? { try from.map { try DatasetEntry.Mirror($0) } }

  /// How to download.
  func download(isQuiet: Bool) -> DownloadOptions {
    var options = DownloadOptions()
    options.retryCount = retries
    options.isQuiet = isQuiet
    return options
  }
}
