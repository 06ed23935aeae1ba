/// What files call the parameters of CLIP's visual tower: OpenAI and open_clip alike, timm and transformers
/// otherwise.
enum CLIPNaming {
  /// The parameters under OpenAI's names.
  static func renamed(_ weights: any WeightSource) -> any WeightSource {
    guard let file = weights as? WeightFile else { return weights }
    let names = Set(file.names)
    if names.contains("vision_model.embeddings.class_embedding") {
      return RenamedWeights(file: file, place: transformersPlace)
    }
    if names.contains("norm_pre.weight") && names.contains("patch_embed.proj.weight") {
      return RenamedWeights(file: file, place: timmPlace)
    }
    if names.contains("class_embedding") && names.contains("ln_pre.weight") {
      // The tower alone.
      return RenamedWeights(file: file) { RenamedWeights.Place(withoutTower($0)) }
    }
    return file
  }

  private static func withoutTower(_ name: String) -> String {
    String(name.dropFirst("visual.".count))
  }

  /// A block's number and the rest of a name; nil outside the blocks.
  private static func block(_ name: String) -> (index: Substring, rest: String)? {
    let prefix = "visual.transformer.resblocks."
    guard name.hasPrefix(prefix) else { return nil }
    let parts = name.dropFirst(prefix.count).split(separator: ".", maxSplits: 1)
    return parts.count == 2 ? (parts[0], String(parts[1])) : nil
  }

  /// transformers' names, its misspelling among them.
  private static func transformersPlace(_ name: String) -> RenamedWeights.Place {
    let whole = [
      "visual.class_embedding": "embeddings.class_embedding",
      "visual.positional_embedding": "embeddings.position_embedding.weight",
      "visual.conv1.weight": "embeddings.patch_embedding.weight",
      "visual.ln_pre.weight": "pre_layrnorm.weight", "visual.ln_pre.bias": "pre_layrnorm.bias",
      "visual.ln_post.weight": "post_layernorm.weight",
      "visual.ln_post.bias": "post_layernorm.bias",
    ]
    if let known = whole[name] { return RenamedWeights.Place("vision_model.\(known)") }
    if name == "visual.proj" {
      return RenamedWeights.Place("visual_projection.weight", isTransposed: true)
    }
    guard let (index, rest) = block(name) else { return RenamedWeights.Place(name) }
    let layer = "vision_model.encoder.layers.\(index)."
    if rest.hasPrefix("attn.in_proj_") {
      let kind = rest.dropFirst("attn.in_proj_".count)
      return RenamedWeights.Place(
        names: ["q", "k", "v"].map { "\(layer)self_attn.\($0)_proj.\(kind)" })
    }
    return RenamedWeights.Place(
      layer
        + replaced(
          rest,
          [
            ("attn.", "self_attn."), ("ln_1.", "layer_norm1."), ("ln_2.", "layer_norm2."),
            ("mlp.c_fc.", "mlp.fc1."), ("mlp.c_proj.", "mlp.fc2."),
          ]))
  }

  private static func timmPlace(_ name: String) -> RenamedWeights.Place {
    let whole = [
      "visual.conv1.weight": "patch_embed.proj.weight", "visual.ln_pre.weight": "norm_pre.weight",
      "visual.ln_pre.bias": "norm_pre.bias", "visual.ln_post.weight": "norm.weight",
      "visual.ln_post.bias": "norm.bias",
    ]
    if let known = whole[name] { return RenamedWeights.Place(known) }
    switch name {
    case "visual.class_embedding": return RenamedWeights.Place("cls_token", leadingAxisCount: 2)
    case "visual.positional_embedding":
      return RenamedWeights.Place("pos_embed", leadingAxisCount: 1)
    case "visual.proj": return RenamedWeights.Place("head.weight", isTransposed: true)
    default: break
    }
    guard let (index, rest) = block(name) else { return RenamedWeights.Place(name) }
    return RenamedWeights.Place(
      "blocks.\(index)."
        + replaced(
          rest,
          [
            ("attn.in_proj_", "attn.qkv."), ("attn.out_proj.", "attn.proj."), ("ln_1.", "norm1."),
            ("ln_2.", "norm2."), ("mlp.c_fc.", "mlp.fc1."), ("mlp.c_proj.", "mlp.fc2."),
          ]))
  }

  /// A name whose beginning is another's.
  private static func replaced(_ name: String, _ beginnings: [(String, String)]) -> String {
    for (ours, theirs) in beginnings where name.hasPrefix(ours) {
      return theirs + name.dropFirst(ours.count)
    }
    return name
  }
}
