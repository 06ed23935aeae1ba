import Datasets
import Foundation
import TestSupport
import Testing

/// A data folder with a copy of one miniature dataset, made by `scripts/make_miniature_datasets.py`.
func miniature(_ names: String..., in folder: borrowing TemporaryFolder) throws -> String {
  for name in names {
    try FileManager.default.copyItem(
      atPath: golden("miniatures/\(name)"), toPath: "\(folder.path)/\(name)")
  }
  return folder.path
}

/// The pixels the script draws for factors: blocks of 8×8 pixels whose value depends on all of them.
func pattern(_ factors: [Int], _ shape: ImageShape) -> [UInt8] {
  let base = factors.enumerated().reduce(0) { $0 + (7 + 13 * $1.offset) * $1.element }
  var pixels: [UInt8] = []
  for y in 0..<shape.height {
    for x in 0..<shape.width {
      for channel in 0..<shape.channelCount {
        pixels.append(UInt8((base + 31 * (y / 8) + 17 * (x / 8) + 53 * channel) & 255))
      }
    }
  }
  return pixels
}
