// The HTTP server: routes, limits, and how requests begin and end.
import multipart from '@fastify/multipart';
import { DecodingThread } from '@medclipseg/datasets/node';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { knownWords } from 'medclipseg';
import { type Access, checkHost, checkOrigin, checkToken } from './access.ts';
import { type Limits, readSegmentRequest } from './form.ts';
import { openApi } from './openapi.ts';
import type { ServedModel } from './outcome.ts';
import { chooseOutput } from './output.ts';
import { problem, problemOf, RequestError } from './problem.ts';
import { WorkQueue } from './queue.ts';
import { answerRequest, chooseMaps } from './segment.ts';

export interface ServerOptions {
  readonly access: Access;
  readonly limits: Limits;
  /** Requests that wait in addition to the one that is computed. */
  readonly queue: number;
  /** Milliseconds in which a request must have arrived, and in which an answer must make progress. */
  readonly patience: number;
  /** Gets a line of JSON per request; neither images nor prompts nor file names. */
  readonly log?: (line: string) => void;
}

export interface Server {
  readonly app: FastifyInstance;
  /** Stops accepting requests, waits for those that are there, and cancels them after `grace` milliseconds. */
  readonly stop: (grace: number) => Promise<void>;
}

/** A reason to cancel: the client is gone, or the server stops. */
class Canceled extends Error {
  override readonly name = 'AbortError';
}

const PROBLEM = 'application/problem+json; charset=utf-8';

const MOST_CONNECTIONS = 256;

/** Bytes of a form in addition to the file. */
const MOST_OTHER_BYTES = 2 ** 20;

const METHODS: Readonly<Record<string, string>> = {
  '/health': 'GET',
  '/openapi.json': 'GET',
  '/v1/models': 'GET',
  '/v1/segment': 'POST',
};

/** The method of a path, if there is such a path. */
function methodOf({ url }: FastifyRequest): string | undefined {
  const path = url.split('?')[0] as string;
  return Object.hasOwn(METHODS, path) ? METHODS[path] : undefined;
}

const stopping = () =>
  new RequestError(503, 'server', 'to be running', 'one that is stopping', 'Ask again later.', { 'retry-after': '10' });

/** Creates a server for a model. It listens once its `app` does. */
export function createServer(
  served: ServedModel,
  { access, limits, queue: waiting, patience, log }: ServerOptions,
): Server {
  const queue = new WorkQueue(waiting + 1);
  const running = new Set<AbortController>();
  const decoder = new DecodingThread();
  let isStopping = false;

  const app = fastify({
    logger: log
      ? { level: 'info', base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, stream: { write: log } }
      : false,
    logController: new LogController({ disableRequestLogging: true }),
    // Only for bodies that are no forms, which no route reads.
    bodyLimit: 1024,
    requestTimeout: patience,
    // For what is no HTTP, and requests that take too long to arrive.
    clientErrorHandler(error, socket) {
      const [status, detail] =
        error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? [408, `request: expected all of it within ${patience / 1000} s, got a part. Send it faster.`]
          : error.code === 'HPE_HEADER_OVERFLOW'
            ? [431, 'headers: expected at most 16 KiB, got more. Send less.']
            : [400, 'request: expected valid HTTP, got something else. Correct it.'];
      const { title, ...body } = problem(status as number, detail as string);
      const text = JSON.stringify({ ...body, title });
      if (socket.writable)
        socket.end(
          `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: ${PROBLEM}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
        );
      else socket.destroy();
    },
    http: { headersTimeout: Math.min(patience, 10_000), connectionsCheckingInterval: Math.min(patience / 4, 1000) },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  void app.register(multipart);

  const refuse = (reply: FastifyReply, error: unknown) => {
    const { headers = {}, ...body } = problemOf(error);
    if (body.status >= 500 && !(error instanceof RequestError)) app.log.error(error);
    return reply.code(body.status).headers(headers).type(PROBLEM).send(JSON.stringify(body));
  };
  app.setErrorHandler((error, _request, reply) => refuse(reply, error));

  app.addHook('onRequest', async (request, reply) => {
    const { headers } = request;
    reply.headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    checkHost(access, headers);
    checkOrigin(access, headers);
    if (headers.origin !== undefined)
      reply.headers({
        ...(access.origins.includes(headers.origin) && { 'access-control-allow-origin': headers.origin }),
        'access-control-expose-headers': 'Retry-After, Content-Disposition',
        vary: 'Origin',
      });
    if (isStopping) throw stopping();
    const allowed = methodOf(request);
    // Here and not in the handler of what is not found, which some methods do not reach.
    if (allowed !== undefined && request.method !== 'OPTIONS' && request.routeOptions.url === undefined)
      throw new RequestError(405, 'method', allowed, request.method, 'See /openapi.json.', {
        allow: `${allowed}, OPTIONS`,
      });
    // A preflight has no token; what it asks for will need one.
    if (request.method !== 'OPTIONS' && request.routeOptions.url !== '/health') checkToken(access, headers);
  });

  // A connection that was busy when the server began to stop would stay open.
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping) reply.header('connection', 'close');
  });

  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions, id, headers } = request;
    app.log.info({
      id,
      method,
      // The pattern, not what was asked for.
      route: routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      bytes: Number(headers['content-length'] ?? 0),
      queue: queue.taken,
    });
    done();
  });

  app.get('/health', async () => ({
    status: isStopping ? 'stopping' : 'ok',
    ready: !isStopping,
    queue: queue.taken,
    places: queue.places,
  }));

  app.get('/openapi.json', async () => document);

  app.get('/v1/models', async () => {
    const { config } = served.model;
    return {
      models: [
        {
          name: served.name,
          format: served.info.format,
          backend: served.backend,
          imageSize: config.vision.imageSize,
          knownWords: knownWords(served.info) ?? null,
        },
      ],
    };
  });

  app.post('/v1/segment', async (request, reply) => {
    if (Number(request.headers['content-length'] ?? 0) > limits.bytes + MOST_OTHER_BYTES)
      throw new RequestError(
        413,
        'body',
        `a file of at most ${limits.bytes} bytes`,
        `${request.headers['content-length']}`,
        'Scale it down, or start the server with --max-body.',
      );
    const place = queue.enter();
    if (!place)
      throw new RequestError(
        429,
        'queue',
        'a free place',
        `${queue.places} requests`,
        `Ask again in ${queue.retryAfter} s.`,
        { 'retry-after': String(queue.retryAfter) },
      );
    const control = new AbortController();
    running.add(control);
    const end = () => {
      running.delete(control);
      place.leave();
    };
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) {
        control.abort(new Canceled('the client has gone'));
        app.log.info({ id: request.id, route: request.routeOptions.url, canceled: true });
      }
      end();
    });
    try {
      const form = await readSegmentRequest(request, limits);
      const output = chooseOutput(form.output, request.headers);
      chooseMaps(form, output);
      const { signal } = control;
      const { type, body, headers } = await place.run(
        () => answerRequest(served, form, output, { mostPixels: limits.pixels, decoder, signal }),
        signal,
      );
      // A client that does not read its answer does not keep its place.
      request.raw.socket.setTimeout(patience);
      return await reply.type(type).headers(headers).send(body);
    } catch (error) {
      if (!control.signal.aborted) throw error;
      if (!request.raw.socket.destroyed) throw stopping();
      // The client does not wait for an answer any more.
      reply.hijack();
    }
  });

  const document = openApi(served, limits);
  app.setNotFoundHandler((request: FastifyRequest, reply) => {
    const method = methodOf(request);
    if (method === undefined)
      return reply
        .code(404)
        .type(PROBLEM)
        .send(JSON.stringify(problem(404, 'path: expected one of /openapi.json, got another. Correct the address.')));
    return reply
      .code(204)
      .headers({
        allow: `${method}, OPTIONS`,
        ...(request.headers.origin !== undefined && {
          'access-control-allow-methods': method,
          'access-control-allow-headers': 'Authorization, Content-Type, Accept',
          'access-control-max-age': '600',
        }),
      })
      .send();
  });

  return {
    app,
    async stop(grace) {
      isStopping = true;
      const closed = app.close();
      const timer = setTimeout(() => {
        for (const control of running) control.abort(new Canceled('the server stops'));
        // Answers to what was canceled are short; clients that do not take them are cut off.
        setTimeout(() => app.server.closeAllConnections(), 1000).unref();
      }, grace);
      await closed;
      clearTimeout(timer);
      await decoder.dispose();
    },
  };
}
