import ArgumentParser

/// How a batch is divided to save memory.
struct AccumulationOptions: ParsableArguments {
  @Option(
    help: "Parts a batch is worked on in, one after another, to save memory (the same gradients).")
  var gradientAccumulation: Int?

  /// The name before 0.2.
  @Option(help: .hidden)
  var parts: Int?

  /// The number of parts.
  var partCount: Int { gradientAccumulation ?? parts ?? 1 }

  /// Refuses more parts than images.
  func validate(batchSize: Int) throws {
    guard (1...batchSize).contains(partCount) else {
      throw ValidationError(
        "--gradient-accumulation is \(partCount); it must be 1 to the batch size.")
    }
  }
}
