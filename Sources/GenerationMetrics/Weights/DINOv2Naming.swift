/// What files call DINOv2's parameters: the hub and timm alike, transformers otherwise.
enum DINOv2Naming {
  /// The parameters under the hub's names.
  ///
  /// - Throws: ``WeightError/otherVariant(path:network:found:)`` for weights with register tokens, which would
  ///   fit and give other features.
  static func renamed(_ weights: any WeightSource) throws(WeightError) -> any WeightSource {
    guard let file = weights as? WeightFile else { return weights }
    let names = file.names
    if let name = names.first(where: { $0.hasSuffix("register_tokens") || $0 == "reg_token" }) {
      throw .otherVariant(
        path: file.path, network: "DINOv2 without register tokens",
        found: "register tokens ('\(name)')")
    }
    let mark = "embeddings.cls_token"
    guard let prefix = names.first(where: { $0.hasSuffix(mark) })?.dropLast(mark.count) else {
      return file
    }
    return RenamedWeights(file: file) { name in
      let place = transformersPlace(name)
      return RenamedWeights.Place(names: place.names.map { "\(prefix)\($0)" })
    }
  }

  /// transformers' names for a parameter of the hub's name.
  private static func transformersPlace(_ name: String) -> RenamedWeights.Place {
    let whole = [
      "cls_token": "embeddings.cls_token", "pos_embed": "embeddings.position_embeddings",
      "patch_embed.proj.weight": "embeddings.patch_embeddings.projection.weight",
      "patch_embed.proj.bias": "embeddings.patch_embeddings.projection.bias",
      "norm.weight": "layernorm.weight", "norm.bias": "layernorm.bias",
    ]
    if let known = whole[name] { return RenamedWeights.Place(known) }
    // blocks.N.part
    let parts = name.split(separator: ".", maxSplits: 2).map(String.init)
    guard parts.count == 3 else { return RenamedWeights.Place(name) }
    let block = "encoder.layer.\(parts[1])."
    let rest = parts[2]
    if rest.hasPrefix("attn.qkv.") {
      let kind = rest.dropFirst("attn.qkv.".count)
      return RenamedWeights.Place(
        names: ["query", "key", "value"].map { "\(block)attention.attention.\($0).\(kind)" })
    }
    for (ours, theirs) in [
      ("attn.proj.", "attention.output.dense."), ("ls1.gamma", "layer_scale1.lambda1"),
      ("ls2.gamma", "layer_scale2.lambda1"),
    ] where rest.hasPrefix(ours) {
      return RenamedWeights.Place("\(block)\(theirs)\(rest.dropFirst(ours.count))")
    }
    return RenamedWeights.Place(block + rest)
  }
}
