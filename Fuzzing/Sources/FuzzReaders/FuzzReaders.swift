import Datasets
import Foundation
import GenerationMetrics

/// The format that is fuzzed: the suffix of the file that every input is written to.
private let format = ProcessInfo.processInfo.environment["BENCH_FUZZ_FORMAT"] ?? "png"
/// Formats of single pictures, which are decoded from memory.
private let pictures: Set = ["png", "jpg", "webp", "tiff", "bmp", "ppm", "gif"]
/// A file in memory, one per process.
private let path = "/dev/shm/bench-fuzz-\(ProcessInfo.processInfo.processIdentifier).\(format)"
/// The arrays that are asked for by name.
private let names: [String?] =
  ["h5": ["images", "labels"], "mat": ["im"]][format] ?? [nil]

/// Called by libFuzzer with every input: reading it must end with arrays or with an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  if pictures.contains(format) {
    _ = try? ImageFile.decode(bytes, name: path)
    return 0
  }
  if format == "tar" { Repair.tar(&bytes) }
  // A checkpoint of torch is a ZIP archive or begins otherwise.
  if bytes.starts(with: "PK".utf8) { Repair.zip(&bytes) }
  defer { unlink(path) }
  _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
  if format == "pth" || format == "safetensors" {
    readWeights()
  } else {
    readArrays()
  }
  return 0
}

private func readArrays() {
  for name in names {
    do {
      _ = try DataFile.arrays(in: path, array: name)
    } catch {
      precondition(!error.description.isEmpty)
    }
  }
}

/// Every tensor, also of a file that is cut off, as a network asks for it.
private func readWeights() {
  for isPartial in [false, true] {
    do {
      let file = try WeightFile(path: path, isPartial: isPartial)
      for name in file.names {
        do {
          let shape = try file.array(name).shape
          _ = try file.parameter(name, shape: shape)
        } catch {
          precondition(!error.description.isEmpty)
        }
      }
      // What is whole has nothing more to show.
      return
    } catch {
      precondition(!error.description.isEmpty)
    }
  }
}
