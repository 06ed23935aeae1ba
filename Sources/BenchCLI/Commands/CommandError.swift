/// What a command itself finds wrong.
enum CommandError: Error, Equatable, CustomStringConvertible {
  /// A command that works alone was started as several processes.
  case oneProcessOnly(command: String, processCount: Int)

  var description: String {
    switch self {
    case .oneProcessOnly(let command, let processCount):
      """
      bench \(command) works in one process, and \(processCount) were started together; start it \
      without mpirun or srun (commands that share their work: \
      \(Commands.joint.joined(separator: ", "))).
      """
    }
  }
}
