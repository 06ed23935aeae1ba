extension Unpickler {
  /// The tensors of a state dictionary, or of the only one inside a training checkpoint, under whatever key.
  ///
  /// Of several, `state_dict` is taken.
  func tensors(of value: PickleValue) throws(WeightError) -> [String: StridedTensor] {
    guard let outer = dictionary(of: value) else {
      throw .malformed(path: path, reason: "it holds no dictionary of tensors")
    }
    var level = [(name: "", dictionary: outer)]
    // A checkpoint inside one of a training framework is as deep as they go.
    for _ in 0..<3 {
      let found = level.compactMap {
        name, dictionary -> (name: String, tensors: [String: StridedTensor])? in
        var tensors: [String: StridedTensor] = [:]
        for name in dictionary.names {
          if case .tensor(let tensor) = dictionary[name] { tensors[name] = tensor }
        }
        return tensors.isEmpty ? nil : (name, tensors)
      }
      if let chosen = found.first(where: { $0.name == "state_dict" }) ?? found.first {
        guard found.count == 1 || chosen.name == "state_dict" else {
          throw .severalNetworks(path: path, names: found.map(\.name))
        }
        return chosen.tensors
      }
      level = level.flatMap { _, dictionary in
        dictionary.names.compactMap { name in
          dictionary[name].flatMap(self.dictionary(of:)).map { (name, $0) }
        }
      }
    }
    throw .malformed(path: path, reason: "its dictionary holds no tensors")
  }

  /// The tensors of a TorchScript archive's outermost object and of the objects in it, by their path.
  ///
  /// An object that lies in several places is read in one: pickles can be knotted.
  func attributeTensors(of value: PickleValue) -> [String: StridedTensor] {
    guard case .dictionary(let root) = value else { return [:] }
    var tensors: [String: StridedTensor] = [:]
    var visited: Set = [root]
    var waiting = [(path: "", index: root)]
    while let (path, index) = waiting.popLast() {
      guard let dictionary = self.dictionary(of: .dictionary(index)) else { continue }
      for name in dictionary.names {
        switch dictionary[name] {
        case .tensor(let tensor): tensors[path + name] = tensor
        case .dictionary(let inner) where visited.insert(inner).inserted:
          // A path as long as this is an attack on memory.
          guard path.utf8.count + name.utf8.count < 1000 else { continue }
          waiting.append(("\(path)\(name).", inner))
        default: break
        }
      }
    }
    return tensors
  }
}
