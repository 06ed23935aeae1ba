import Datasets
import Foundation

/// The format that is fuzzed: the suffix of the file that every input is written to.
private let format = ProcessInfo.processInfo.environment["BENCH_FUZZ_FORMAT"] ?? "png"
/// A file in memory, one per process.
private let path = "/dev/shm/bench-fuzz-\(ProcessInfo.processInfo.processIdentifier).\(format)"
/// The arrays that are asked for by name.
private let names: [String?] =
  ["h5": ["images", "labels"], "mat": ["im"]][format] ?? [nil]

/// Called by libFuzzer with every input: reading it must end with arrays or with an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  if format == "png" || format == "jpg" {
    _ = try? ImageFile.decode(bytes, name: path)
    return 0
  }
  defer { unlink(path) }
  FileManager.default.createFile(atPath: path, contents: Data(bytes))
  for name in names {
    do {
      _ = try DataFile.arrays(in: path, array: name)
    } catch {
      precondition(!error.description.isEmpty)
    }
  }
  return 0
}
