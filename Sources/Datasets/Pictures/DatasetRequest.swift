/// What `--dataset` says: a name or a folder, and optionally how pictures are cropped and sized, or
/// which part of the combinations of factors is meant.
///
/// `celeba`, `celeba:d2c`, `celeba:d2c@128`, `path/to/folder@128`, `scenes3d:train(shape,scale)`.
struct DatasetRequest: Equatable {
  /// A name of the catalog, or the path of a folder.
  let base: String
  let protocolName: String?
  let side: Int?

  /// Whether ``base`` is the path of a folder.
  var isFolder: Bool { base.contains("/") || base == "." || base == ".." }

  /// Takes `text` apart.
  init(_ text: String) {
    var rest = text[...]
    var side: Int?
    if let at = rest.lastIndex(of: "@"), let number = Int(rest[rest.index(after: at)...]) {
      side = number
      rest = rest[..<at]
    }
    var protocolName: String?
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
      protocolName = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    base = String(rest)
    self.protocolName = protocolName
    self.side = side
  }

  /// Throws if a side was given where the size of the images is fixed.
  func requireNoSide() throws(DatasetError) {
    guard let side else { return }
    throw .invalidArgument(
      "Dataset '\(base)' has images of one fixed size; leave out '@\(side)'.")
  }
}

/// A protocol and a side that pictures are asked for with.
struct PictureRequest: Sendable {
  /// What the dataset is called then, usable as a folder's name.
  let name: String
  let `protocol`: PictureProtocol
  let side: Int

  /// Chooses among `known` protocols, the first of which is the default.
  init(
    _ request: DatasetRequest, name: String, known: [PictureProtocol]
  ) throws(DatasetError) {
    let wanted = request.protocolName ?? known[0].name
    guard let chosen = known.first(where: { $0.name == wanted }) else {
      throw .invalidArgument(
        "Dataset '\(request.base)' has no protocol '\(wanted)'; it has "
          + known.map(\.name).joined(separator: ", ") + ".")
    }
    let side = request.side ?? chosen.defaultSide
    guard (8...2048).contains(side) else {
      throw .invalidArgument("Images of side \(side) are not supported; ask for 8 to 2048.")
    }
    let isDefault = chosen.name == known[0].name && side == chosen.defaultSide
    self.name = isDefault ? name : "\(name)-\(chosen.name)-\(side)"
    self.protocol = chosen
    self.side = side
  }
}
