import Glibc

/// A program started by this one.
public struct ChildProcess: Sendable {
  /// The process id.
  public let id: Int32

  /// Where a child's output goes.
  public enum Output: Sendable {
    /// To this process's own stream.
    case inherited
    /// Nowhere.
    case discarded
    /// Appended to a file.
    case file(String)
    /// To an open descriptor.
    case descriptor(Int32)
  }

  /// Starts a program, found through `PATH` if its name has no slash.
  ///
  /// - Parameters:
  ///   - arguments: Name of the program and its arguments.
  ///   - output: Where standard output goes.
  ///   - errors: Where standard error goes.
  /// - Throws: ``FileError/cannotRead(path:reason:)`` if the program cannot be started.
  public init(
    _ arguments: [String], output: Output = .inherited, errors: Output = .inherited
  ) throws(FileError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    Self.redirect(STDOUT_FILENO, to: output, in: &actions)
    Self.redirect(STDERR_FILENO, to: errors, in: &actions)
    // Threads of the concurrency runtime block signals. A child would inherit that, and never learn
    // that it should stop.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var argv = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    var id: pid_t = 0
    let status = posix_spawnp(&id, arguments[0], &actions, &attributes, &argv, environ)
    guard status == 0 else {
      throw .cannotRead(path: arguments[0], reason: String(cString: strerror(status)))
    }
    self.id = id
  }

  private static func redirect(
    _ stream: Int32, to output: Output, in actions: inout posix_spawn_file_actions_t
  ) {
    switch output {
    case .inherited: break
    case .discarded: posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    case .file(let path):
      posix_spawn_file_actions_addopen(
        &actions, stream, path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    case .descriptor(let descriptor):
      posix_spawn_file_actions_adddup2(&actions, descriptor, stream)
    }
  }

  /// Waits for the end of the process.
  ///
  /// - Returns: Its exit code; 128 plus the signal's number if a signal ended it.
  public func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0 && errno == EINTR {}
    return Self.exitCode(of: status)
  }

  /// The exit code if the process has ended; nil while it runs.
  public func poll() -> Int32? {
    var status: Int32 = 0
    return waitpid(id, &status, WNOHANG) == id ? Self.exitCode(of: status) : nil
  }

  /// Sends the process a signal.
  public func send(_ signal: Int32) { kill(id, signal) }

  private static func exitCode(of status: Int32) -> Int32 {
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// Runs a program to its end and returns what it wrote to standard output.
  ///
  /// - Returns: The output; nil if the program cannot be started or fails.
  public static func output(of arguments: [String]) -> String? {
    var pipeEnds: [Int32] = [0, 0]
    guard pipe(&pipeEnds) == 0 else { return nil }
    for end in pipeEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(pipeEnds[0]) }
    let child = try? ChildProcess(arguments, output: .descriptor(pipeEnds[1]), errors: .discarded)
    close(pipeEnds[1])
    guard let child else { return nil }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(pipeEnds[0], &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[0..<count]
    }
    return child.wait() == 0 ? String(decoding: bytes, as: UTF8.self) : nil
  }
}
