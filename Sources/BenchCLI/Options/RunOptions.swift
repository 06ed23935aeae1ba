import ArgumentParser
import Reference
import Torch

/// What the commands that make whole runs share.
struct RunOptions: ParsableArguments {
  @Option(help: "Seeds separated by commas; default: that of --seed.")
  var seeds: String?

  @Option(
    help:
      "float32, or operands of convolutions and matrix products in tf32 (on CUDA) or bfloat16 (default: float32)."
  )
  var precision: Precision?

  @Option(help: "Folder of the runs.", completion: .directory)
  var out = "runs"

  @Flag(help: "Continue what is unfinished. This is what happens anyway; scripts may say so.")
  var resume = false

  @Flag(help: "Throw away what the run folders hold and start over.")
  var fresh = false

  func validate() throws {
    guard !(fresh && resume) else {
      throw ValidationError("--fresh and --resume exclude each other.")
    }
    _ = try seedList(0)
  }

  /// The seeds, or the one given.
  func seedList(_ seed: Int) throws -> [Int] {
    guard let seeds else { return [seed] }
    let values = seeds.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !values.isEmpty, values.allSatisfy({ ($0 ?? -1) >= 0 }) else {
      throw ValidationError("--seeds is '\(seeds)'; it must be numbers such as 0,1,2.")
    }
    guard Set(values).count == values.count else {
      throw ValidationError("--seeds is '\(seeds)'; a seed is one run and counts once.")
    }
    return values.compactMap { $0 }
  }
}
