/**
 * The REST protocol of MLflow, so that its unmodified clients work against this server: an adapter over the rooms `tracking` and
 * `registry` that keeps nothing of its own. `main.ts` builds it; nothing else depends on it.
 *
 * A call is a value: method, path, the fields of its message, and a function from (context, message) to the answer (call.ts, message.ts).
 * calls.ts lists them all. The router (routes.ts) finds the call, the caller and the message, and translates what is thrown, once
 * (errors.ts). To add one, write it beside its noun and put it into that file's list:
 *
 *     const getThing = call({
 *       method: 'GET',
 *       path: 'mlflow/things/get',                       // served below /api/2.0/ and /ajax-api/2.0/; `version: 3` for 3.0
 *       reads: true,                                     // also with a disk that is nearly full, see call.ts
 *       message: { name: required(string), max_results: int64, tags: list(message({ key: string, value: string })) },
 *       async answer({ sql, caller }, { name, max_results = 100, tags }) {
 *         throw resourceDoesNotExist(`Thing with name=${name} not found`);   // or a `failure` of a room: the router translates it
 *         return { thing: { name } };                    // undefined members are left out; doubles through toWire
 *       },
 *     });
 *     export const thingCalls: Call[] = [getThing];
 *
 * `{name}` in a path is one decoded part, given as the field `name` of the message; `{...rest}` takes all that is left. A call with
 * `stream` in place of `answer` gets request and response (`parameters` has the path's parts, `{...rest}` as it was sent) and answers by
 * itself; what it throws before its answer has begun is translated too. `rawCall` reads its body by itself: for calls that come thousands
 * of times a second. A field that came in camelCase is the same field; unknown ones are passed over; `int64` and `double` take text as
 * well.
 */
export { type MlflowOptions, mlflowRoutes } from './routes.ts';
