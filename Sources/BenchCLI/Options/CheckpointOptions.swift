import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import Reference
import Torch

/// What the commands that draw pictures from a checkpoint share.
struct CheckpointOptions: ParsableArguments {
  @Option(help: "A run folder, or a checkpoint folder itself.", completion: .directory)
  var checkpoint: String

  @Option(help: "Folder for the pictures.", completion: .directory)
  var out: String

  /// The trained model, with the pictures of its dataset.
  func open(_ global: GlobalOptions) throws -> (trained: TrainedModel, pictures: RunPictures) {
    let trained = try TrainedModel(folder: checkpoint, device: global.openDevice())
    return (trained, try pictures(of: trained, global).pictures)
  }

  /// The dataset of a trained model and what draws its pictures, with their folder created.
  func pictures(of trained: TrainedModel, _ global: GlobalOptions) throws -> (
    dataset: any ImageDataset, pictures: RunPictures
  ) {
    let dataset = try global.openDataset(trained.context.dataset)
    guard dataset.imageShape == trained.context.imageShape else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name,
        reason: "its images are \(dataset.imageShape), the model's \(trained.context.imageShape)")
    }
    global.noteUnfinished(trained.state)
    try createFolder(out)
    let pictures = RunPictures(
      model: trained.model,
      sample: try ObservationSample(dataset, count: 10_000, seed: UInt64(global.seed)),
      shape: dataset.imageShape, folder: out)
    return (dataset, pictures)
  }
}

extension GlobalOptions {
  /// Says so if a checkpoint is that of a training that has not come to its end.
  func noteUnfinished(_ state: Checkpoint.State) {
    guard state.step < state.plan.stepCount else { return }
    note(
      "note: \(state.model) was trained for \(state.step) of \(state.plan.stepCount) steps so far")
  }
}
