/// A file that a dataset is published as, and where copies have it.
public struct RemoteFile: Sendable, Equatable {
  /// The checksum that was published for the file.
  public enum Checksum: Sendable, Equatable {
    /// 32 hexadecimal digits.
    case md5(String)
    /// 64 hexadecimal digits.
    case sha256(String)
  }

  /// A path below the dataset's folder, and whose copy has the file there.
  public struct Place: Sendable, Equatable {
    /// The path.
    public let path: String
    /// Whose layout it is, for instance `Kaggle`.
    public let layout: String

    init(_ path: String, _ layout: String) {
      self.path = path
      self.layout = layout
    }
  }

  /// Where it belongs, relative to the dataset's folder.
  public let path: String
  /// The places in which it is looked for, in this order.
  public let places: [Place]
  /// Where it can be downloaded, best first; empty if only by hand.
  public let urls: [String]
  /// The published checksum; nil if none is known.
  public let checksum: Checksum?
  /// The published size in bytes; nil if none is known.
  public let byteCount: Int?
  /// What it holds, in a word.
  public let role: String
  /// What is done without it; nil if nothing can be done.
  public let substitute: String?
  /// How many pictures it is; a folder of so many is taken for it when fetched, whatever its name.
  let pictureCount: Int?

  /// Describes a file.
  ///
  /// - Parameters:
  ///   - path: Where it belongs, relative to the dataset's folder.
  ///   - urls: Where it can be downloaded.
  ///   - checksum: The published checksum.
  ///   - byteCount: The published size.
  ///   - role: What it holds, in a word.
  ///   - places: Where it is looked for; `path` alone if empty.
  ///   - substitute: What is done without it.
  ///   - pictureCount: How many pictures it is, if it is pictures and the number is known.
  package init(
    _ path: String, _ urls: [String], checksum: Checksum? = nil, byteCount: Int? = nil,
    role: String = "data", places: [Place] = [], substitute: String? = nil,
    pictureCount: Int? = nil
  ) {
    self.path = path
    self.places = places.isEmpty ? [Place(path, "official")] : places
    self.urls = urls
    self.checksum = checksum
    self.byteCount = byteCount
    self.role = role
    self.substitute = substitute
    self.pictureCount = pictureCount
  }

  /// Folders around the files, as archives of several copies bring them.
  private static let wrappers = [
    "", "celeba/", "CelebA/", "celeba-dataset/", "archive/", "CelebAMask-HQ/", "ffhq/",
    "ffhq-dataset/",
  ]

  /// Where a folder has the file; nil if it has not.
  ///
  /// - Parameter folder: The folder of the dataset, or one that files are taken from.
  /// - Returns: The place, its path below `folder`.
  public func found(in folder: String) -> Place? {
    for wrapper in Self.wrappers where wrapper.isEmpty || isFolder("\(folder)/\(wrapper)") {
      for place in places where exists("\(folder)/\(wrapper)\(place.path)") {
        return Place(wrapper + place.path, place.layout)
      }
    }
    return nil
  }

  /// Whether a file at a place is the published one, byte for byte if its checksum is right.
  func isOriginal(_ place: Place) -> Bool {
    lastComponent(place.path) == lastComponent(path)
  }
}
