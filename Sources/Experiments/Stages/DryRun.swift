package import BenchSupport
package import Datasets
package import Reference
import Results
import Torch

/// What a training would take: the parameters of every part, and a short probe of time and memory.
package struct DryRun {
  package let title: String
  private let model: any TrainableModel
  private let timing: Timing
  private let plan: TrainingPlan

  /// Probes a model with a few optimiser steps on the dataset's first images.
  package init(
    _ title: String, _ model: any TrainableModel, dataset: any ImageDataset, plan: TrainingPlan
  ) throws {
    self.title = title
    self.model = model
    self.plan = plan
    let memory = PeakMemory()
    timing = try timeTrainingStep(model, dataset: dataset, plan: plan, count: 2, warmUp: 1)
    peakMemoryBytes = memory.bytes
  }

  /// The most memory the process had resident meanwhile, in bytes; nil where that is not known.
  package let peakMemoryBytes: Int?

  /// Seconds of an optimiser step.
  package var secondsPerStep: Double { timing.median }

  /// Parameters by part: the first two components of their names.
  private var parts: [(name: String, count: Int)] {
    var parts: [(name: String, count: Int)] = []
    for entry in model.store.entries where entry.isTrainable {
      let name = entry.name.split(separator: ".").dropLast().prefix(2).joined(separator: ".")
      if parts.last?.name == name {
        parts[parts.count - 1].count += entry.tensor.count
      } else {
        parts.append((name, entry.tensor.count))
      }
    }
    return parts
  }

  /// Bytes of weights, gradients, two moments and averages, in single precision.
  package var stateBytes: Int {
    model.store.parameterCount * 4 * (model.averageDecay == nil ? 4 : 5)
  }

  /// The estimate as JSON.
  package var json: JSONValue {
    [
      "stage": .string(title), "parameters": .integer(model.store.parameterCount),
      "parts": .object(
        Dictionary(parts.map { ($0.name, JSONValue.integer($0.count)) }) { first, _ in first }),
      "state_bytes": .integer(stateBytes),
      "peak_memory_bytes": peakMemoryBytes.map { .integer($0) } ?? .null,
      "seconds_per_step": .number(timing.median), "steps": .integer(plan.stepCount),
      "seconds": .number(timing.median * Double(plan.stepCount)),
      "images_per_second": .number(Double(plan.imageCount(of: model)) / timing.median),
    ]
  }

  /// The estimate as a table and a sentence.
  package var text: String {
    var table = ResultTable(header: ["part", "parameters"])
    for part in parts { table.append([.init(part.name), .init("\(part.count)")]) }
    table.append(["all", .init("\(model.store.parameterCount)")])
    let resident = peakMemoryBytes.map {
      "; resident in the probe: \((Double($0) / 0x1p20).fixed(0)) MiB"
    }
    return """
      \(title)
      \(table.text())
      Weights, gradients, moments and averages: \((Double(stateBytes) / 0x1p20).fixed(0)) MiB\
      \(resident ?? "").
      A step of \(plan.imageCount(of: model)): \((1000 * timing.median).fixed(0)) ms; \(plan.stepCount) steps: \
      about \(duration(timing.median * Double(plan.stepCount))).
      """
  }
}
