import FoundationEssentials

/// A folder may hold a dataset in its official file layout but with less in it.
///
/// It says so in `miniature.json`: `{"factor_sizes": [2, 2, 2, 2, 2, 3]}` or, for pictures without
/// factors, `{"image_count": 44}`. Such a dataset is called `shapes3d-miniature`, so that nothing
/// measured on it can be mistaken for the real one.
struct Miniature: Decodable {
  let factorSizes: [Int]?
  let imageCount: Int?
  private var path = ""

  private enum CodingKeys: String, CodingKey {
    case factorSizes = "factor_sizes"
    case imageCount = "image_count"
  }

  /// What `folder` declares; nil if it declares nothing.
  static func declared(in folder: String) throws(DatasetError) -> Miniature? {
    let path = "\(folder)/miniature.json"
    guard exists(path) else { return nil }
    let file = try InputFile(path: path)
    guard file.byteCount < 1 << 16,
      var miniature = try? JSONDecoder().decode(
        Miniature.self, from: Data(try file.bytes(in: 0..<file.byteCount)))
    else { throw .malformed(file: path, format: "miniature", reason: "it is not JSON") }
    miniature.path = path
    return miniature
  }

  /// The declared sizes of `count` factors.
  func factorSizes(count: Int) throws(DatasetError) -> [Int] {
    guard let factorSizes, factorSizes.count == count,
      factorSizes.allSatisfy({ (1...1 << 20).contains($0) }),
      let product = checkedProduct(factorSizes), product <= 1 << 31
    else {
      throw .malformed(
        file: path, format: "miniature",
        reason: "it must be {\"factor_sizes\": [\(count) positive integers]}")
    }
    return factorSizes
  }

  /// The declared number of images.
  func requiredImageCount() throws(DatasetError) -> Int {
    guard let imageCount, (1...1 << 31).contains(imageCount) else {
      throw .malformed(
        file: path, format: "miniature", reason: "it must be {\"image_count\": a positive integer}")
    }
    return imageCount
  }
}
