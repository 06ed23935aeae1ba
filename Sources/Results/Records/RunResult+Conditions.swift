import BenchSupport

extension RunResult {
  /// What must agree, besides the protocol, for values to be compared: the data and the budget, by
  /// their names in messages, as far as the result records them.
  ///
  /// Where the preset's name says the steps of a training, which it does unless a run only
  /// generates, a model may take a share of them, as `factor-vae:updates=half` does; these steps are
  /// compared among runs of one model only.
  var conditions: [String: String] {
    var found: [String: String] = [:]
    found["dataset checksum"] = dataset.checksum
    guard let config = provenance?.config else { return found }
    let generation = config["generation"]
    found["number of latents"] = config["latent_count"]?.integer.map { "\($0)" }
    // Elsewhere, the configuration's own number is of the images that a model is measured on.
    let samples =
      config["samples_from"] == nil ? generation?["sample_count"] : config["sample_count"]
    found["number of samples"] = samples?.integer.map { "\($0)" }
    let isNamed = config["metrics"]?.array?.isEmpty == false
    // A first stage that was taken over had steps of its own.
    let isTrained = generation?["checkpoint"]?.string == nil
    let plans: [(name: String, plan: JSONValue?)] = [
      ("training steps" + (isNamed ? " of \(model)" : ""), isTrained ? config["training"] : nil),
      ("second-stage steps", generation?["denoiser_training"]),
      ("decoder steps", generation?["decoder_training"]),
    ]
    // Steps that were chosen for a time differ from machine to machine.
    let time = generation?["minutes"]?.double.map { "as fit into \($0) minutes" }
    for (name, plan) in plans {
      found["number of \(name)"] = plan?["stepCount"]?.integer.map { time ?? "\($0)" }
    }
    return found
  }
}
