import ArgumentParser
import BenchSupport
import Reference
import Results

/// `bench beta`: one weight of the rate in every convention.
struct BetaCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "beta",
    abstract: "Convert a weight of the rate between conventions.",
    discussion: """
      paper     β of (1 − β)·rec + β·KL, both summed (Eq. 4 of arXiv:2507.06613)
      sum       w of rec + w·KL, both summed
      mean      t of (1 − t)·rec/D + t·KL/d, the axis multi-beta-vae trains on
      beta-vae  β of the β-VAE: squared error over 2·s_f² plus β·KL, both summed

      rec has the learned deviation s of the decoder at that β; only beta-vae depends on it. Both \
      deviations are on the same scale of pixels. A β-VAE with Bernoulli likelihood has no s_f and \
      no exact counterpart.

      Examples:
        bench beta 4 --from beta-vae --deviation 0.12
        bench beta 0.1 --from mean --pixels 4096 --latents 10
      """)

  @Argument(help: "The value.")
  var value: Double

  @Option(
    help: "Its convention: paper, sum, mean or beta-vae.",
    transform: { name in
      guard let convention = BetaConvention(rawValue: name) else {
        throw ValidationError("there is no convention '\(name)'.")
      }
      return convention
    })
  var from: BetaConvention

  @Option(help: "Numbers per image, D.")
  var pixels = 64 * 64 * 3

  @Option(help: "Number of latents, d.")
  var latents = 10

  @Option(help: "Standard deviation s of the decoder.")
  var deviation = 0.12

  @Option(help: "Fixed standard deviation s_f of the β-VAE; √½ for a plain sum of squares.")
  var fixedDeviation = 0.5.squareRoot()

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard from.range.contains(value) else {
      let expected = from.range.upperBound < 1 ? "between 0 and 1" : "positive"
      throw ValidationError("the value of \(from.rawValue) is \(value); it must be \(expected).")
    }
    guard pixels > 0 && latents > 0 else {
      throw ValidationError("--pixels and --latents must be at least 1.")
    }
    guard deviation > 0 && deviation.isFinite && fixedDeviation > 0 && fixedDeviation.isFinite
    else { throw ValidationError("--deviation and --fixed-deviation must be positive.") }
  }

  func execute() throws {
    let conversion = BetaConversion(
      pixelCount: pixels, latentCount: latents, deviation: deviation,
      fixedDeviation: fixedDeviation)
    let values = BetaConvention.allCases.map {
      (name: $0.rawValue, value: conversion.convert(value, from: from, to: $0))
    }
    var table = ResultTable(header: ["convention", "value"])
    for (name, value) in values { table.append([.init(name), .init("\(value)")]) }
    try global.emit(
      .object(
        Dictionary(uniqueKeysWithValues: values.map { ($0.name, JSONValue.number($0.value)) })),
      text: table.text())
  }
}
