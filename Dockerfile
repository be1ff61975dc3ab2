# syntax=docker/dockerfile:1
# The `waybill` command with the systems of this repository. Node runs their TypeScript as it is: nothing is compiled.
FROM node:24.21.0-slim AS build
WORKDIR /waybill
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts

FROM node:24.21.0-slim
ENV NODE_ENV=production \
    WAYBILL_HOST=0.0.0.0 \
    WAYBILL_PORT_CONSOLE=8090 \
    WAYBILL_PORT_SERVICE=8070 \
    WAYBILL_DATA=/data
RUN install --directory --owner=node --group=node /data
WORKDIR /waybill
COPY --from=build /waybill .
USER node
EXPOSE 8070 8080 8090
# Every process has this port, whatever it runs.
HEALTHCHECK --interval=10s --timeout=5s --start-period=2m --start-interval=2s --retries=3 \
    CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.WAYBILL_PORT_CONSOLE}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node is the first process: SIGTERM comes to it, and it finishes the work in hand.
ENTRYPOINT ["node", "--conditions=@waybill/source", "packages/cli/src/main.ts", "start"]
CMD ["shop"]
