import Torch

extension TrainableModel {
  /// The model's tensors under the names that their values for evaluation have in a checkpoint.
  var trainedState: [NamedTensor] {
    let hasAverages = averageDecay != nil
    return store.entries.map { entry in
      NamedTensor(
        name: hasAverages && entry.isTrainable && isAveraged(entry.name)
          ? "average.\(entry.name)" : entry.name,
        tensor: entry.tensor)
    }
  }
}
