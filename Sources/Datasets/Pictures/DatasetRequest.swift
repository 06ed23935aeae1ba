/// What `--dataset` says: a name or a folder, and optionally how pictures are cropped and sized, or
/// which part of the combinations of factors is meant.
///
/// `celeba`, `celeba:d2c`, `celeba:d2c@128`, `path/to/folder@128`, `batch.npz@64`,
/// `scenes3d:train(shape,scale)`.
struct DatasetRequest: Equatable {
  /// A name of the catalog, or the path of a folder or a file.
  let base: String
  let protocolName: String?
  let side: Int?

  /// Whether ``base`` is the path of a folder or a file.
  var isPath: Bool {
    base.contains("/") || base == "." || base == ".." || Pictures.isFileName(base)
  }

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
  /// What the dataset is called without protocol and side.
  private let base: String
  /// The side that was asked for; nil if none was.
  private let askedSide: Int?
  private let isFirstProtocol: Bool

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
    self.init(
      base: name, chosen, askedSide: request.side, defaultSide: chosen.defaultSide,
      isFirstProtocol: chosen.name == known[0].name)
  }

  private init(
    base: String, _ chosen: PictureProtocol, askedSide: Int?, defaultSide: Int,
    isFirstProtocol: Bool
  ) {
    self.base = base
    self.protocol = chosen
    self.askedSide = askedSide
    self.isFirstProtocol = isFirstProtocol
    side = askedSide ?? defaultSide
    name = isFirstProtocol && side == defaultSide ? base : "\(base)-\(chosen.name)-\(side)"
  }

  /// The request for a copy whose pictures somebody may have resized: enlarging them is refused.
  ///
  /// - Parameters:
  ///   - label: What the copy's name ends in, before the side of its pictures; nil for the dataset's own name.
  ///   - storedSide: The shorter side of the copy's pictures.
  ///   - file: What errors call the copy.
  /// - Returns: The request; without a side that was asked for, the default one or that of the pictures.
  /// - Throws: ``DatasetError/invalidArgument(_:)`` if larger images were asked for.
  func ofCopy(
    _ label: String?, storedSide: Int, file: String
  ) throws(DatasetError) -> PictureRequest {
    guard storedSide >= 8, askedSide ?? 0 <= storedSide else {
      throw .invalidArgument(
        "\(file): its pictures are \(storedSide) pixels wide; ask for '@\(max(8, storedSide))' or less, for"
          + " enlarged pictures are no data.")
    }
    let miniature = base.hasSuffix("-miniature") ? "-miniature" : ""
    let name = label.map { "\(base.dropLast(miniature.count))-\($0)\(storedSide)\(miniature)" }
    let usual = self.protocol.defaultSide
    return PictureRequest(
      base: name ?? base, self.protocol, askedSide: askedSide ?? min(storedSide, usual),
      defaultSide: usual, isFirstProtocol: isFirstProtocol)
  }

  /// The same request of a dataset of another name.
  func renamed(_ name: String, defaultSide: Int) -> PictureRequest {
    PictureRequest(
      base: name, self.protocol, askedSide: askedSide, defaultSide: defaultSide,
      isFirstProtocol: isFirstProtocol)
  }
}
