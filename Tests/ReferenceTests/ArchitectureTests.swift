import Datasets
import Foundation
import Reference
import Testing
import Torch

extension TorchSuites {
  /// Numbers of parameters at full width, without the memory they would take.
  @Suite("Architectures") struct ArchitectureTests {
    /// The rows of the table in docs/denoiser.md: architecture, image side, parameters of both stages.
    private static func documented() throws -> [String: [Int]] {
      let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/denoiser.md")
      let rows = try String(contentsOf: path, encoding: .utf8).split(separator: "\n").filter {
        $0.hasPrefix("| `")
      }
      return Dictionary(
        rows.compactMap { row in
          let cells = row.split(separator: "|").map {
            $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
          }
          guard Architecture(rawValue: cells[0]) != nil else { return nil }
          return (cells[0], cells.dropFirst().compactMap { Int($0.replacing(",", with: "")) })
        }
      ) { first, _ in first }
    }

    @Test("have the documented numbers of parameters", arguments: Architecture.allCases)
    func parameterCounts(architecture: Architecture) throws {
      let isLarge = [.klF4, .klF8].contains(architecture)
      let side = isLarge ? 256 : 64
      let context = ModelContext(
        dataset: Blank(imageShape: ImageShape(height: side, width: side, channelCount: 3)),
        latentCount: 10, learningRate: 1e-4)
      var options = MultiBetaVAE.Options()
      options.architecture = architecture
      let autoencoder = try MultiBetaVAE(context, options, isOutline: true)
      let denoiser = try LatentDiffusion(autoencoder, DiffusionOptions(), isOutline: true)
      let counts = [side, autoencoder.store.parameterCount, denoiser.store.parameterCount]
      let documented = try #require(try Self.documented()[architecture.rawValue])
      #expect(documented == counts)
    }
  }
}

/// A dataset of one shape without images.
struct Blank: ImageDataset {
  let name = "blank"
  let imageShape: ImageShape
  let count = 1000
  let checksum = "none"

  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {}
}
