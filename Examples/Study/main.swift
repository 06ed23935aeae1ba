// A study in a few lines: two models, two seeds, scores. Built and run by CI.
import Datasets
import Experiments
import Reference
import Results

try ModelCatalog.register(.linearAutoencoder)  // a model of one's own, beside the suite's

var study = try DisentanglementStudy(
  dataset: Scenes3D(), models: "beta-vae:beta=8,linear-autoencoder")
study.preset = .smoke
study.stepCount = 20
study.seeds = [0, 1]
study.metrics = ["mig", "modularity"]
if CommandLine.arguments.count > 1 { study.folder = CommandLine.arguments[1] }
for result in try await study.run().results {
  print(result.model, result.seed, result.value("mig") ?? .nan, result.value("modularity") ?? .nan)
}
