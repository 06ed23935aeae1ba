extension ModelDefinition {
  static let diffusion = ModelDefinition(
    name: "ddpm", summary: "DDPM (Ho et al. 2020): diffusion of pixels without codes, to generate",
    options: .pixelDiffusion,
    publishedSizes: [("net", "published"), ("width", "128")], hasCodes: false,
    stepShare: pixelDiffusionShare
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .ddpm, entry: .none)
    try method.take(options, published: NoiseNetLayout.ddpm, .study)
    return try PixelDiffusion(context, method)
  }

  static let diffusionAutoencoder = ModelDefinition(
    name: "diffae",
    summary: "DiffAE (Preechakul et al. 2022): a code scales the blocks of a diffusion model",
    options: .pixelDiffusion,
    publishedSizes: [("net", "published"), ("width", "64")], laterStages: [.codes],
    sampling: .codeDiffusion, stepShare: pixelDiffusionShare
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .ddpm, entry: .scale)
    try method.take(options, published: NoiseNetLayout.diffAE, .pooled)
    return try PixelDiffusion(context, method)
  }

  static let infoDiffusion = ModelDefinition(
    name: "info-diffusion",
    summary: "InfoDiffusion (Wang et al. 2023): the same with codes drawn towards the prior",
    options: [.number("mmd", 0.1, in: 0...1e6, "weight of the codes' discrepancy from the prior")]
      + .pixelDiffusion,
    publishedSizes: [("net", "published"), ("width", "64")], laterStages: [.codes],
    sampling: .codeDiffusion, stepShare: pixelDiffusionShare
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .infoDiffusion, entry: .scaleAndShift)
    method.discrepancyWeight = options.number("mmd")
    method.averageDecay = nil
    method.weightDecay = 1e-5
    method.isAnnealed = true
    try method.take(options, published: NoiseNetLayout.infoDiffusion, .wholeNet)
    return try PixelDiffusion(context, method)
  }

  static let tokenDiffusion = ModelDefinition(
    name: "encdiff",
    summary: "EncDiff (Yang et al. 2024): each latent is a token of a diffusion model's attention",
    options: .pixelDiffusion,
    publishedSizes: [("net", "published"), ("width", "64")], laterStages: [.codes],
    sampling: .codeDiffusion, stepShare: pixelDiffusionShare
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .latentDiffusion, entry: .tokens)
    method.isAbsolute = true
    method.averagesEncoder = false
    method.weightDecay = 0.01
    method.maximumGradientNorm = nil
    method.warmUpShare = 0.25
    try method.take(options, published: NoiseNetLayout.latentDiffusion, .normalized)
    return try PixelDiffusion(context, method)
  }

  static let conceptDiffusion = ModelDefinition(
    name: "disdiff",
    summary: "DisDiff (Yang et al. 2023): concepts of a frozen diffusion model, a field for each",
    options: [
      .number("lambda", 0.05, in: 0...1e6, "weight of the disentangling terms"),
      .number("token", 8, in: 1...512, "numbers of a concept's token"),
      .number("base", 0.5, in: 0.01...0.99, "share of the training that the frozen model takes"),
    ] + .pixelDiffusion, publishedSizes: [("net", "published"), ("width", "64"), ("token", "32")],
    laterStages: [.codes], sampling: .codeDiffusion, stepShare: pixelDiffusionShare
  ) { context, options in
    var choices = DisDiff.Options()
    choices.weight = options.number("lambda")
    choices.tokenWidth = Int(options.number("token"))
    choices.baseShare = options.number("base")
    choices.width = try options.pixelDiffusionWidth()
    choices.isPublished = options.pixelDiffusionNet() == .published
    choices.stepCount = Int(options.number("sampling-steps"))
    return try DisDiff(context, choices)
  }

  @Sendable private static func pixelDiffusionShare(_ options: ModelOptions) -> Double {
    options.number("updates")
  }
}

/// Which nets a method has.
private enum PixelDiffusionNet: String, CaseIterable {
  /// Those that all methods share here, so that a difference is the method's.
  case shared
  /// Those of its authors.
  case published
}

extension [ModelOption] {
  /// What all diffusion models of pixels can be told.
  fileprivate static let pixelDiffusion: [ModelOption] = [
    .choice(
      "net", PixelDiffusionNet.shared.rawValue, of: PixelDiffusionNet.allCases.map(\.rawValue),
      "shared by all diffusion models here, or those of the method's authors"),
    .number("width", 16, in: 8...512, "channels of the net's first level, a multiple of 8"),
    .number("sampling-steps", 20, in: 2...1000, "steps from noise to images"),
    .number("updates", 1, in: 0.001...1, "share of the training's steps that it takes"),
  ]
}

extension ModelOptions {
  /// Whose nets they are.
  fileprivate func pixelDiffusionNet() -> PixelDiffusionNet { choice("net") }

  /// The channels of the net's first level.
  fileprivate func pixelDiffusionWidth() throws(TrainingError) -> Int {
    let width = Int(number("width"))
    guard width.isMultiple(of: 8) else {
      throw .badConfiguration(what: "width", expected: "a multiple of 8", found: "'\(width)'")
    }
    return width
  }
}

extension PixelDiffusion.Method {
  /// Takes what options say of nets and steps; `published` and `encoder` are the authors' nets.
  fileprivate mutating func take(
    _ options: ModelOptions, published: (_ width: Int) -> NoiseNetLayout, _ encoder: CodeEncoder
  ) throws(TrainingError) {
    let width = try options.pixelDiffusionWidth()
    stepCount = Int(options.number("sampling-steps"))
    switch options.pixelDiffusionNet() {
    case .shared: layout = .shared(width: width)
    case .published:
      layout = published(width)
      self.encoder = encoder
    }
  }
}
