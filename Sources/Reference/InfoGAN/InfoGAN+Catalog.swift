extension ModelDefinition {
  static let gan = ModelDefinition(
    name: "gan",
    summary: "a plain GAN with InfoGAN-CR's nets, to generate; Q is not trained and gives no codes",
    options: infoGANOptions, laterStages: [.disco], hasCodes: false
  ) { context, options in try InfoGAN(context, .init(options, information: 0)) }

  static let infoGAN = ModelDefinition(
    name: "infogan",
    summary: "InfoGAN (Chen et al. 2016) as modified for InfoGAN-CR: codes that Q regresses",
    options: [informationOption] + infoGANOptions, laterStages: [.disco]
  ) { context, options in
    try InfoGAN(context, .init(options, information: options.number("lambda")))
  }

  static let infoGANCR = ModelDefinition(
    name: "infogan-cr",
    summary:
      "InfoGAN-CR (Lin et al. 2020): InfoGAN whose pairs with one code in common a net tells apart",
    options: [
      informationOption,
      .number("alpha", 3, in: 1e-9...1e6, "weight of the contrast"),
      .number("gap", 1.9, in: 0...1.999, "least distance of codes not in common, until it closes"),
      .number("start", 0.4, in: 0...1, "share of the training after which the contrast starts"),
      .number("closing", 0.68, in: 0...1, "share of the training after which the gap is 0"),
      .choice(
        "norm", StridedTrunk.Normalization.batch.rawValue,
        of: StridedTrunk.Normalization.allCases.map(\.rawValue),
        "of the contrast's net: batch as for colour images, spectral as for dSprites"),
    ] + infoGANOptions, laterStages: [.disco]
  ) { context, options in
    var training = InfoGAN.Options(options, information: options.number("lambda"))
    training.contrast = options.number("alpha")
    training.gap = options.number("gap")
    training.start = options.number("start")
    training.closing = options.number("closing")
    training.normalization = options.choice("norm")
    return try InfoGAN(context, training)
  }

  private static let informationOption = ModelOption.number(
    "lambda", 0.2, in: 1e-9...1e6, "weight of the codes' regression")

  private static let infoGANOptions: [ModelOption] = [
    .number("noise", 5, in: 0...10_000, "dimensions of noise beside the codes"),
    .number("generator-rate", 1e-3, in: 1e-9...1, "learning rate of the generator"),
    .number("discriminator-rate", 2e-3, in: 1e-9...1, "learning rate of the other nets"),
  ]
}

extension InfoGAN.Options {
  /// Reads what all three models have.
  fileprivate init(_ options: ModelOptions, information: Double) {
    self.init(
      information: information, noiseCount: Int(options.number("noise")),
      generatorRate: options.number("generator-rate"),
      discriminatorRate: options.number("discriminator-rate"))
  }
}
