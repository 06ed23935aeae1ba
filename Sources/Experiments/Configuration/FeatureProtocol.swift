package import GenerationMetrics

/// The published ways from images to features, by the names under which they are known.
///
/// What a name stands for depends on the network: torch-fidelity resizes for Inception, DINOv2 and CLIP alike,
/// most others belong to one of them.
public enum FeatureProtocol: String, CaseIterable, Sendable {
  /// pytorch-fid's Inception.
  case pytorchFID = "pytorch-fid"
  /// clean-fid's Inception.
  case cleanFID = "clean-fid"
  /// clean-fid's pixels in pytorch-fid's Inception.
  case cleanFIDPyTorch = "clean-fid-pytorch"
  /// Inception as TensorFlow 1 prepares its input.
  case tf1
  /// dgm-eval's DINOv2.
  case dgm
  /// dgm-eval's DINOv2 with `--clean_resize`.
  case dgmClean = "dgm-clean"
  /// EDM2's DINOv2.
  case edm2
  /// torch-fidelity's networks.
  case torchFidelity = "torch-fidelity"
  /// clean-fid's CLIP.
  case cleanFIDCLIP = "clean-fid-clip"
  /// CMMD's CLIP.
  case cmmd

  /// What it means for Inception; nil if nothing.
  package var inception: ImagePreparation? {
    // torch-fidelity's Inception is TensorFlow's.
    self == .torchFidelity ? .tf1 : ImagePreparation(rawValue: rawValue)
  }

  /// What it means for DINOv2; nil if nothing.
  package var dinov2: DINOv2Preparation? { DINOv2Preparation(rawValue: rawValue) }

  /// What it means for CLIP; nil if nothing.
  package var clip: CLIPPreparation? { CLIPPreparation(rawValue: rawValue) }
}

extension ImageFeatureSettings.Network {
  /// The protocols that say how the network's features are made, the usual one first; empty for a network
  /// that goes with one alone.
  public var protocols: [FeatureProtocol] {
    switch self {
    case .inception: [.pytorchFID, .cleanFID, .cleanFIDPyTorch, .tf1, .torchFidelity]
    case .dinov2Small, .dinov2Base, .dinov2Large: [.dgm, .dgmClean, .edm2, .torchFidelity]
    case .clipLarge14At336, .clipLarge14At336Unprojected: [.cmmd, .cleanFIDCLIP, .torchFidelity]
    case .clipBase32, .clipBase32Unprojected, .clipLarge14, .clipLarge14Unprojected:
      [.cleanFIDCLIP, .cmmd, .torchFidelity]
    case .vgg16, .vgg16Youngjung, .builtin: []
    }
  }
}
