import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import GenerationMetrics

/// `bench fid A B --paired`.
extension FIDCommand {
  /// Refuses options that say nothing of pairs.
  func validatePaired() throws {
    guard isPaired else { return }
    guard generated != nil else {
      throw ValidationError("--paired compares the pictures of two sets; give a second one.")
    }
    for (name, isGiven) in [
      ("--metrics", metrics != nil), ("--held-out", heldOut != nil),
      ("--save-stats", saveStats != nil),
      ("--save-features", saveFeatures != nil),
    ] where isGiven {
      throw ValidationError("\(name) says nothing of pairs; leave out \(name) or --paired.")
    }
  }

  /// Compares pictures of equal names.
  func executePaired() throws {
    guard let generated else { return }
    let settings = images.values
    let originals = try Pictures.open(reference, range: settings.sampleRange)
    let pictures = try Pictures.open(generated, range: settings.sampleRange)
    for note in originals.notes + pictures.notes { global.note(note) }
    let start = ContinuousClock.now
    let evaluation = try PairedEvaluation(
      originals, pictures, names: (reference, generated),
      distance: LearnedDistance(weights: settings.weights, environment: global.environment),
      isQuiet: global.quiet)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var metrics: [String: JSONValue] = [:]
    var lines = ["\(reference) and \(generated): \(counted(evaluation.count, "pair"))"]
    for (name, protocolID, outcome) in evaluation.measures {
      switch outcome {
      case .mean(let value):
        metrics[name] = ["value": .number(value), "protocol": .string(protocolID)]
        lines.append(name.padded(to: 14) + value.fixed(6).leftPadded(to: 14))
      case .missing(let reason):
        metrics[name] = [
          "value": .null, "reason": .string(reason), "protocol": .string(protocolID),
        ]
        lines.append("\(name.padded(to: 14))\("–".leftPadded(to: 14)) \(reason)")
      }
    }
    try global.emit(
      [
        "pairs": .integer(evaluation.count), "metrics": .object(metrics),
        "reference": .string(reference), "generated": .string(generated),
        "seconds": .number(seconds), "jpeg_decoder": .string(JPEG.decoderName),
      ], text: lines.joined(separator: "\n"))
  }
}
