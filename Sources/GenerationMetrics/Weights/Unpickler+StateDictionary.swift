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
}
