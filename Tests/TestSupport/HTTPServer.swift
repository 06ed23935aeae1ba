package import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A small HTTP server on loopback that misbehaves on request.
package final class HTTPServer: Sendable {
  /// What it does with requests for its file.
  package enum Behaviour: Sendable {
    /// Serves the file and ranges of it.
    case correct
    /// Closes every connection after that many bytes of contents.
    case dropsAfter(Int)
    /// Answers every request with the whole file.
    case ignoresRanges
    /// Answers 503 so many times, then serves.
    case busy(times: Int)
    /// Answers with this status.
    case refuses(status: Int)
    /// Sends headers and then nothing.
    case stalls
    /// Answers each request when the semaphore is signalled: the first with 404, then with the file.
    case onSignal(DispatchSemaphore)
  }

  /// The address of the server.
  package var url: String { "http://127.0.0.1:\(port)" }
  /// First bytes that were asked for, request after request; 0 for whole files.
  package var offsets: [Int] { log.withLock { $0 } }
  private let log = Mutex<[Int]>([])
  private let contents: [UInt8]
  private let behaviour: Behaviour
  private let listener: Int32
  private let port: UInt16

  /// Starts to serve `contents` under every path.
  package init(_ contents: [UInt8], _ behaviour: Behaviour) throws {
    self.contents = contents
    self.behaviour = behaviour
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    let server = Weak(self)
    Thread.detachNewThread {
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          server.value?.serve(connection)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private final class Weak: Sendable {
    nonisolated(unsafe) weak var value: HTTPServer?
    init(_ value: HTTPServer) { self.value = value }
  }

  private func serve(_ connection: Int32) {
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.suffix(4).elementsEqual([13, 10, 13, 10]) {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      request += buffer[..<count]
    }
    let text = String(decoding: request, as: UTF8.self)
    let asked = text.components(separatedBy: "Range: bytes=").dropFirst().first
    let offset = asked.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    let number = log.withLock { log in
      log.append(offset)
      return log.count
    }
    switch behaviour {
    case .correct: send(connection, from: offset, limit: .max)
    case .dropsAfter(let limit): send(connection, from: offset, limit: limit)
    case .ignoresRanges: send(connection, from: 0, limit: .max)
    case .busy(let times) where number <= times: status(connection, 503)
    case .busy: send(connection, from: offset, limit: .max)
    case .refuses(let code): status(connection, code)
    case .stalls:
      send(connection, from: offset, limit: 1)
      sleep(3)
    case .onSignal(let semaphore):
      semaphore.wait()
      if number == 1 {
        status(connection, 404)
      } else {
        send(connection, from: offset, limit: .max)
      }
    }
  }

  private func send(_ connection: Int32, from offset: Int, limit: Int) {
    guard offset < contents.count || offset == 0 else { return status(connection, 416) }
    let rest = contents[offset...]
    var head = offset > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n"
    head += "Content-Length: \(rest.count)\r\nConnection: close\r\n"
    if offset > 0 {
      head += "Content-Range: bytes \(offset)-\(contents.count - 1)/\(contents.count)\r\n"
    }
    transmit(connection, Array(head.utf8) + [13, 10] + rest.prefix(limit))
  }

  private func status(_ connection: Int32, _ code: Int) {
    transmit(
      connection,
      Array("HTTP/1.1 \(code) Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
  }

  private func transmit(_ connection: Int32, _ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(
          connection, $0.baseAddress.map { $0 + offset }, bytes.count - offset,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      offset += count
    }
  }
}
