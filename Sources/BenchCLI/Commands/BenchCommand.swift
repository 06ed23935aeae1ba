import ArgumentParser
import BenchSupport
import MessagePassing
import Reference

/// A command with the options that all commands share.
protocol BenchCommand: AsyncParsableCommand {
  /// The shared options.
  var global: GlobalOptions { get }
  /// Whether the command's loops ask ``Interruption`` and stop with their work saved. Others are
  /// ended by the first signal.
  static var isResumable: Bool { get }
  /// Whether several processes, started by mpirun or srun, can do the command's work together.
  static var isJoint: Bool { get }
  /// Does the command's work, with the number of threads already set.
  func execute() async throws
}

extension BenchCommand {
  static var isResumable: Bool { false }
  static var isJoint: Bool { false }

  func run() async throws {
    let launch = Launch.current()
    guard Self.isJoint || !launch.isJoint else {
      throw CommandError.oneProcessOnly(
        command: Self.configuration.commandName ?? "", processCount: launch.processCount)
    }
    if Self.isResumable { Interruption.listen(announces: launch.rank == 0) }
    try await global.withSettings { try await execute() }
  }
}

/// What a command itself finds wrong.
enum CommandError: Error, Equatable, CustomStringConvertible {
  /// A command that works alone was started as several processes.
  case oneProcessOnly(command: String, processCount: Int)
  /// A choice about samplers for a model that is sampled in one way.
  case noSamplerToChoose(option: String, model: String)

  /// The error of choices of which a model makes no use; nil if it does, or none was made.
  init?(unused sampling: SamplerOptions, by model: ModelSpecification) {
    guard let option = sampling.firstGiven, model.definition.sampling?.takesOptions != true else {
      return nil
    }
    self = .noSamplerToChoose(option: option, model: model.label)
  }

  var description: String {
    switch self {
    case .oneProcessOnly(let command, let processCount):
      """
      bench \(command) works in one process, and \(processCount) were started together; start it \
      without mpirun or srun (commands that share their work: \
      \(Commands.joint.joined(separator: ", "))).
      """
    case .noSamplerToChoose(let option, let model):
      """
      \(option) is for models with a denoiser; '\(model)' draws its images in one way. Diffusion \
      models of pixels take their steps as an option of the model when it is trained, as in \
      diffae:sampling-steps=50.
      """
    }
  }
}
