import Datasets
import Foundation
import TestSupport
import Testing

@Suite("Images in NumPy arrays") struct ArrayPicturesTests {
  private static let (count, height, width) = (37, 5, 4)

  private static func samples(_ channelCount: Int = 3) -> [UInt8] {
    (0..<count * height * width * channelCount).map {
      UInt8(truncatingIfNeeded: $0 &* 89 &+ $0 >> 6)
    }
  }

  private static let interleaved = NPYArray(samples(), shape: [count, height, width, 3])

  /// The same images, channels first.
  private static let planar: NPYArray = {
    let (source, area) = (samples(), height * width)
    var planes = [UInt8](repeating: 0, count: source.count)
    for place in source.indices {
      let (image, rest) = place.quotientAndRemainder(dividingBy: 3 * area)
      planes[image * 3 * area + rest % 3 * area + rest / 3] = source[place]
    }
    return NPYArray(planes, shape: [count, 3, height, width])
  }()

  private func pixels(_ path: String, range: SampleRange? = nil) throws -> [UInt8] {
    let pictures = try Pictures.open(path, range: range)
    #expect(pictures.count == Self.count)
    return try (0..<pictures.count).flatMap { index in
      let picture = try pictures.picture(at: index, channelCount: 3)
      #expect(picture.height == Self.height && picture.width == Self.width)
      return picture.pixels
    }
  }

  private func message(_ body: () throws -> Void) throws -> String {
    try failure(DatasetError.self, body).description
  }

  @Test("are read from .npy and .npz, stored and deflated, channels last and first")
  func layouts() throws {
    let folder = try TemporaryFolder()
    let labels = NPYArray([Int64](repeating: 3, count: Self.count), shape: [Self.count])
    for (name, array) in [("last", Self.interleaved), ("first", Self.planar)] {
      try array.write(to: "\(folder.path)/\(name).npy")
      #expect(try pixels("\(folder.path)/\(name).npy") == Self.samples())
      for isCompressed in [false, true] {
        let path = "\(folder.path)/\(name)-\(isCompressed).npz"
        try NPZWriter.write(
          ["arr_0": array, "arr_1": labels], to: path, isCompressed: isCompressed)
        #expect(try pixels(path) == Self.samples())
        // Whatever it is called.
        try FileManager.default.copyItem(atPath: path, toPath: "\(path).part")
        #expect(try pixels("\(path).part") == Self.samples())
        let pictures = try Pictures.open(path)
        #expect(pictures.names[10] == "000010" && pictures.place(of: 10) == "\(path):arr_0[10]")
        #expect(pictures.notes.count == (name == "first" ? 1 : 0))
        // In any order as well.
        for index in [30, 2, 36, 0] {
          let size = 3 * Self.height * Self.width
          #expect(
            try pictures.picture(at: index, channelCount: nil).pixels
              == Array(Self.samples()[index * size..<(index + 1) * size]))
        }
      }
    }
  }

  @Test("that are grey are grey or three times the same")
  func grey() throws {
    let folder = try TemporaryFolder()
    for shape in [
      [Self.count, Self.height, Self.width, 1], [Self.count, 1, Self.height, Self.width],
    ] {
      try NPYArray(Self.samples(1), shape: shape).write(to: folder.path + "/a.npy")
      #expect(try pixels(folder.path + "/a.npy") == Self.samples(1).flatMap { [$0, $0, $0] })
      let one = try Pictures.open(folder.path + "/a.npy").picture(at: 0, channelCount: nil)
      #expect(one.channelCount == 1)
    }
    try Self.interleaved.write(to: folder.path + "/b.npy")
    #expect(
      try message {
        _ = try Pictures.open(folder.path + "/b.npy").picture(at: 0, channelCount: 1)
      }.contains("b.npy[0]: found images of three channels, expected grey"))
  }

  /// Reference: torchvision's `save_image`, which multiplies by 255, adds a half and cuts.
  @Test("of floating point are read with their range alone", arguments: ["0,1", "-1,1", "0, 255"])
  func ranges(text: String) throws {
    let folder = try TemporaryFolder()
    let range = try #require(SampleRange(text))
    let path = folder.path + "/a.npz"
    let values = Self.samples().map {
      Float($0) / 255 * Float(range.high - range.low) + Float(range.low)
    }
    let shape = [Self.count, Self.height, Self.width, 3]
    try NPZWriter.write(["samples": NPYArray(values, shape: shape)], to: path)
    #expect(try pixels(path, range: range) == Self.samples())
    try NPZWriter.write(["samples": NPYArray(values.map { Double($0) }, shape: shape)], to: path)
    #expect(try pixels(path, range: range) == Self.samples())
    let refused = try message { _ = try pixels(path) }
    #expect(refused.contains("float64 and their range is not known") && refused.contains("--range"))
    // A little outside is clipped, more is a mistake.
    var outside = values
    outside[1] = Float(range.high + 0.04 * (range.high - range.low))
    try NPZWriter.write(["samples": NPYArray(outside, shape: shape)], to: path)
    #expect(try pixels(path, range: range)[1] == 255)
    for wrong in [Float(range.high + 0.1 * (range.high - range.low)), .nan, -.infinity] {
      outside[1] = wrong
      try NPZWriter.write(["samples": NPYArray(outside, shape: shape)], to: path)
      #expect(
        try message { _ = try pixels(path, range: range) }.hasPrefix(
          "\(path):samples[0]: found the value"))
    }
  }

  @Test("say what is wrong with them")
  func refused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.npz"
    func refusal(_ arrays: [(name: String, array: NPYArray)]) throws -> String {
      try NPZWriter.write(arrays, to: path)
      return try message { _ = try Pictures.open(path) }
    }
    func bytes(_ shape: [Int]) -> NPYArray {
      NPYArray([UInt8](repeating: 0, count: shape.reduce(1, *)), shape: shape)
    }
    #expect(
      try refusal([("x", bytes([2, 4, 4, 3])), ("y", bytes([2, 4, 4, 3]))])
        .contains("found several arrays of four axes (x, y), expected one array of images"))
    #expect(
      try refusal([("x", bytes([2, 4, 4]))]).contains("found x, expected an array of images"))
    #expect(try refusal([("arr_0", bytes([2, 4, 4, 4]))]).contains("the shape [2, 4, 4, 4]"))
    #expect(try refusal([("arr_0", bytes([2, 3, 4, 3]))]).contains("which may be both"))
    #expect(try refusal([("arr_0", bytes([0, 4, 4, 3]))]).contains("the empty shape"))
    let numbers = NPYArray([Int64](repeating: 0, count: 96), shape: [2, 4, 4, 3])
    #expect(try refusal([("arr_0", numbers)]).contains("of type int64, expected uint8"))
    // What is no batch stands in nobody's way.
    try NPZWriter.write(
      [("labels", bytes([2])), ("images", bytes([2, 4, 4, 3])), ("z", bytes([2, 9, 1, 1]))],
      to: path)
    #expect(try Pictures.open(path).count == 2)
  }

  @Test("that are damaged are refused: cut, longer, or with a wrong checksum at their end")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.npy"
    try Self.interleaved.write(to: path)
    let whole = try bytes(of: path)
    for changed in [Array(whole.dropLast()), whole + [0]] {
      try write(changed, to: path)
      #expect(try message { _ = try Pictures.open(path) }.contains("its shape [37, 5, 4, 3] needs"))
    }
    for isCompressed in [false, true] {
      let packed = folder.path + "/b.npz"
      try NPZWriter.write(["arr_0": Self.interleaved], to: packed, isCompressed: isCompressed)
      var changed = try bytes(of: packed)
      changed[changed.count / 2] ^= 1
      try write(changed, to: packed)
      #expect(throws: DatasetError.self) { try pixels(packed) }
    }
  }

  @Test("are a dataset as they are, resized like others")
  func dataset() throws {
    let folder = try TemporaryFolder()
    let pictures = (0..<3).map { index in
      RasterImage(
        height: 20, width: 30, channelCount: 3,
        pixels: (0..<1800).map { UInt8(truncatingIfNeeded: $0 &* (7 + index)) })
    }
    let batch = NPYArray(pictures.flatMap(\.pixels), shape: [3, 20, 30, 3])
    try NPZWriter.write(["arr_0": batch], to: folder.path + "/batch.npz")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/files", withIntermediateDirectories: false)
    for (index, picture) in pictures.enumerated() {
      try PNG.write(picture, to: folder.path + "/files/\(index).png")
    }
    let data = folder.path + "/data"
    let arrays = try DatasetCatalog.open("\(folder.path)/batch.npz@16", dataDirectory: data)
    let files = try DatasetCatalog.open("\(folder.path)/files@16", dataDirectory: data)
    #expect(arrays.count == 3 && arrays.imageShape == files.imageShape)
    #expect(try arrays.pixels(at: [2, 0, 1]) == files.pixels(at: [2, 0, 1]))
    // Without a slash, the ending says that no name is meant.
    #expect(
      try message { _ = try DatasetCatalog.open("none.npz@16", dataDirectory: data) }
        == "none.npz: cannot be read: there is no such folder or file.")
  }

  @Test("of which only the last ones are kept come back after going back")
  func goingBack() throws {
    let folder = try TemporaryFolder()
    // 16 MiB each: 16 of them are kept.
    let (side, count) = (2048 + 512, 20)
    let size = side * side * 3
    var samples = [UInt8](repeating: 0, count: count * size)
    for index in 0..<count { samples[index * size] = UInt8(index + 1) }
    let path = folder.path + "/a.npz"
    try NPZWriter.write(["arr_0": NPYArray(samples, shape: [count, side, side, 3])], to: path)
    let pictures = try Pictures.open(path)
    for index in [0, 19, 3, 18, 2] {
      #expect(try pictures.picture(at: index, channelCount: 3).pixels[0] == UInt8(index + 1))
    }
  }
}
