/// Why a network's weights cannot be used.
public enum WeightError: Error, Equatable, CustomStringConvertible {
  /// No file with the weights was found.
  case missing(network: String, looked: [String], advice: String)
  /// The file is missing or not readable.
  case cannotRead(path: String, reason: String)
  /// The file is damaged or of no known format.
  case malformed(path: String, reason: String)
  /// The file ends before a tensor's elements.
  case truncated(path: String, tensor: String, needed: Int, found: Int)
  /// The pickle asks for something other than tensors.
  case forbiddenPickle(path: String, request: String)
  /// The file holds the weights of several networks.
  case severalNetworks(path: String, names: [String])
  /// The file is a program with weights in it.
  case program(path: String)
  /// The file's name carries a checksum that its contents do not have.
  case checksumMismatch(path: String, expected: String, found: String)
  /// The network needs a tensor that the file lacks.
  case missingTensor(path: String, tensor: String, network: String)
  /// A tensor has another shape than the network's.
  case shapeMismatch(path: String, tensor: String, expected: [Int], found: [Int])
  /// The weights fit a network, and belong to a variant of it that computes something else.
  case otherVariant(path: String, network: String, found: String)
  /// A tensor holds a NaN or an infinity.
  case notFinite(path: String, tensor: String, index: Int, value: Float)
  /// A variance is below zero.
  case negativeVariance(path: String, tensor: String, index: Int, value: Float)

  /// One sentence that says where, what was expected, what was found, and what to do.
  public var description: String {
    switch self {
    case .missing(let network, let looked, let advice):
      "The weights of \(network) are not here (looked at \(looked.joined(separator: ", "))); \(advice)"
    case .cannotRead(let path, let reason):
      "\(path): cannot be read: \(reason)."
    case .malformed(let path, let reason):
      "\(path): not a valid weights file: \(reason); expected .pth, .pt or .safetensors, get it again."
    case .truncated(let path, let tensor, let needed, let found):
      "\(path): ends within tensor '\(tensor)': \(needed) bytes are needed, \(found) are there; the download is incomplete, get it again."
    case .forbiddenPickle(let path, let request) where Self.isModule(request):
      "\(path): is a whole pickled module (\(request)), which only its own code can load; load it in Python and save the weights alone with torch.save(model.state_dict(), \"weights.pth\")."
    case .severalNetworks(let path, let names):
      "\(path): holds the weights of several networks, \(names.joined(separator: ", ")); save one of them alone with torch.save(checkpoint[\"\(names.first ?? "")\"], \"weights.pth\")."
    case .program(let path):
      "\(path): is a TorchScript archive, a program, without weights among its attributes, and no program from a file is run here; use a file of weights alone, as 'bench weights fetch' gets, or one saved with torch.save(model.state_dict(), \"weights.pth\")."
    case .forbiddenPickle(let path, let request):
      "\(path): its pickle asks for '\(request)', which no weights need; nothing was run, use a file from a source you trust."
    case .checksumMismatch(let path, let expected, let found):
      "\(path): its SHA-256 begins with \(found), its name promises \(expected); it is damaged or another file, get it again."
    case .missingTensor(let path, let tensor, let network):
      "\(path): has no tensor '\(tensor)', so these are not the weights of \(network)."
    case .shapeMismatch(let path, let tensor, let expected, let found):
      "\(path): tensor '\(tensor)' has shape \(found), expected \(expected); the weights belong to another network."
    case .otherVariant(let path, let network, let found):
      "\(path): has \(found), expected the weights of \(network); the two give different features."
    case .notFinite(let path, let tensor, let index, let value):
      "\(path): tensor '\(tensor)' is \(value) at element \(index), expected finite numbers; the file is damaged or of a training that diverged, get it again."
    case .negativeVariance(let path, let tensor, let index, let value):
      "\(path): tensor '\(tensor)' is \(value) at element \(index), expected variances of at least 0; the file is damaged, get it again."
    }
  }

  /// Whether a name that a pickle asks for is that of a class of networks.
  private static func isModule(_ request: String) -> Bool {
    ["torch.nn.", "torchvision.", "timm.", "__main__.", "models."].contains {
      request.hasPrefix($0)
    }
  }
}
