extension ModelDefinition {
  static let diffusion = ModelDefinition(
    name: "ddpm", summary: "DDPM (Ho et al. 2020): diffusion of pixels without codes, to generate",
    options: [.pixelDiffusionWidth, .pixelDiffusionSteps], hasCodes: false
  ) { context, options in
    try PixelDiffusion(context, .init(schedule: .ddpm, entry: .none).with(options))
  }

  static let diffusionAutoencoder = ModelDefinition(
    name: "diffae",
    summary: "DiffAE (Preechakul et al. 2022): a code scales the blocks of a diffusion model",
    options: [.pixelDiffusionWidth, .pixelDiffusionSteps]
  ) { context, options in
    try PixelDiffusion(context, .init(schedule: .ddpm, entry: .scale).with(options))
  }

  static let infoDiffusion = ModelDefinition(
    name: "info-diffusion",
    summary: "InfoDiffusion (Wang et al. 2023): the same with codes drawn towards the prior",
    options: [
      .number("mmd", 0.1, in: 0...1e6, "weight of the codes' discrepancy from the prior"),
      .pixelDiffusionWidth, .pixelDiffusionSteps,
    ]
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .infoDiffusion, entry: .scaleAndShift)
    method.discrepancyWeight = options.number("mmd")
    method.averageDecay = nil
    method.weightDecay = 1e-5
    method.isAnnealed = true
    return try PixelDiffusion(context, method.with(options))
  }

  static let tokenDiffusion = ModelDefinition(
    name: "encdiff",
    summary: "EncDiff (Yang et al. 2024): each latent is a token of a diffusion model's attention",
    options: [.pixelDiffusionWidth, .pixelDiffusionSteps]
  ) { context, options in
    var method = PixelDiffusion.Method(schedule: .latentDiffusion, entry: .tokens)
    method.isAbsolute = true
    method.weightDecay = 0.01
    method.maximumGradientNorm = nil
    method.warmUpShare = 0.25
    return try PixelDiffusion(context, method.with(options))
  }
}

extension ModelOption {
  fileprivate static let pixelDiffusionWidth = ModelOption.number(
    "width", 16, in: 8...512, "channels of the net's first level, a multiple of 8")
  fileprivate static let pixelDiffusionSteps = ModelOption.number(
    "sampling-steps", 20, in: 1...1000, "steps from noise to images")
}

extension PixelDiffusion.Method {
  fileprivate func with(_ options: ModelOptions) throws(TrainingError) -> Self {
    let width = Int(options.number("width"))
    guard width.isMultiple(of: 8) else {
      throw .badConfiguration(what: "width", expected: "a multiple of 8", found: "'\(width)'")
    }
    var result = self
    result.width = width
    result.stepCount = Int(options.number("sampling-steps"))
    return result
  }
}
