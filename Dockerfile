# Builds with everything, keeps what production needs, runs as nobody in particular.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--ignore-scripts"]
COPY tsconfig.json ./
COPY src ./src
COPY schema ./schema
COPY projections ./projections
RUN ["npm", "run", "build"]
RUN ["npm", "prune", "--omit=dev", "--ignore-scripts"]
RUN ["install", "--directory", "--mode=0700", "/data"]

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Postledger" \
      org.opencontainers.image.description="The service that every application's email accounts live in." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    POSTLEDGER_HOST=0.0.0.0 \
    POSTLEDGER_PORT=4000 \
    POSTLEDGER_DATA_DIR=/data
WORKDIR /app
# The program belongs to root and is read only to the service; its data is all that it may write.
COPY package.json LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 4000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.POSTLEDGER_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Another program of the image: docker run … dist/src/cli.js projections rebuild
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["dist/src/main.js"]
